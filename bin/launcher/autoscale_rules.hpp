#pragma once

#include "messages/error.hpp"
#include "seams/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::cli {

/// What a number of nodes can be chosen by.
enum class load_metric : std::uint8_t { cpu, mailbox_p50, mailbox_p95, mailbox_p99 };
inline constexpr std::size_t load_metrics = 4;
[[nodiscard]] std::string_view name_of(load_metric metric);

/// What nodes should show on average: percent of one core, or milliseconds.
struct load_target {
  load_metric metric = load_metric::cpu;
  double value = 60;
  bool operator==(const load_target&) const = default;
};
/// "cpu=60%" (1 to 6400 %) or "mailbox_p95=5ms" (1ms to 60s, also p50 and p99); else `malformed`.
[[nodiscard]] result<load_target> parse_load_target(std::string_view text);
[[nodiscard]] std::string text_of(const load_target& from);

/// How many nodes there may be.
struct node_range {
  std::uint32_t least = 1;
  std::uint32_t most = 1;
  bool operator==(const node_range&) const = default;
};
/// "1..3"; `malformed` if it is not of that form or its end is before its beginning.
[[nodiscard]] result<node_range> parse_node_range(std::string_view text);
[[nodiscard]] std::string text_of(const node_range& from);

/// How calm the number of nodes is. Defaults follow the HorizontalPodAutoscaler of Kubernetes,
/// shorter where starting a process takes a second and not a minute (docs/launcher.md).
struct autoscale_pace {
  double tolerance = 0.1;                      ///< so far off the target nothing is done
  std::chrono::milliseconds out_after{10'000}; ///< a wish for more nodes must hold so long
  std::chrono::milliseconds in_after{60'000};  ///< a wish for fewer
  std::chrono::milliseconds out_pause{15'000}; ///< from the last action to one with more nodes
  std::chrono::milliseconds in_pause{60'000};  ///< to one with fewer
  std::chrono::milliseconds sample_every{1'000};
  bool operator==(const autoscale_pace&) const = default;
};

struct autoscale_plan {
  node_range nodes;
  std::vector<load_target> targets; ///< at least one; the highest wish counts
  autoscale_pace pace = {};
};

/// What one node showed; nothing: it did not say.
struct node_sample {
  std::string node;
  std::optional<double> values[load_metrics]; ///< by metric

  [[nodiscard]] const std::optional<double>& of(load_metric metric) const {
    return values[static_cast<std::size_t>(metric)];
  }
  [[nodiscard]] std::optional<double>& of(load_metric metric) {
    return values[static_cast<std::size_t>(metric)];
  }
};

/// All that one decision is made from.
struct autoscale_facts {
  std::uint32_t nodes = 0;          ///< that are wanted now
  std::vector<node_sample> samples; ///< one of each of them
  std::string hindrance = {};       ///< why nothing can be done now; empty: something can
};

enum class scale_verdict : std::uint8_t {
  stay, ///< as many as there should be
  wait, ///< another number is wished for, but not for long enough
  held, ///< another number is wished for, but a limit or something under way forbids it
  scale ///< do it: `to`
};
[[nodiscard]] std::string_view name_of(scale_verdict verdict);

struct scale_decision {
  scale_verdict verdict = scale_verdict::stay;
  std::uint32_t from = 0;
  std::uint32_t to = 0; ///< the same as `from` unless `scale`
  std::string why;      ///< a sentence with the numbers
  bool operator==(const scale_decision&) const = default;
};

/// Chooses the number of nodes by their load, as the HorizontalPodAutoscaler does: for each target
/// nodes × value / target, rounded up, of which the highest counts; nothing within a tolerance; and
/// calmed over time. A state machine without I/O.
class autoscale_rules {
public:
  static constexpr std::size_t wishes_kept =
      8'192; ///< more than ten minutes of the shortest interval

  explicit autoscale_rules(autoscale_plan plan) : plan_(std::move(plan)) {}

  /// Judges what was sampled just now.
  [[nodiscard]] scale_decision decide(monotonic_time now, const autoscale_facts& facts);
  /// What was decided is over, however it came out; the pauses begin here, and what was wished for
  /// before is forgotten.
  void acted(monotonic_time now);
  /// It is switched on (again): what was wished for before is forgotten.
  void begin_anew();

  [[nodiscard]] const autoscale_plan& plan() const { return plan_; }

private:
  struct wish {
    monotonic_time at;
    std::uint32_t nodes;
  };
  /// What one target asks for, and why.
  struct opinion {
    std::uint32_t nodes;
    std::string why;
  };
  [[nodiscard]] opinion opinion_of(const load_target& target, const autoscale_facts& facts) const;
  [[nodiscard]] opinion opinion_of_all(const autoscale_facts& facts) const;
  void note(monotonic_time now, std::uint32_t nodes, std::uint32_t wished);
  [[nodiscard]] scale_decision grow(monotonic_time now, std::uint32_t nodes, std::string why) const;
  [[nodiscard]] scale_decision shrink(monotonic_time now, std::uint32_t nodes,
                                      std::string why) const;
  /// Why the pause after the last action is not over; empty if it is.
  [[nodiscard]] std::string pause_left(monotonic_time now, std::chrono::milliseconds pause) const;

  autoscale_plan plan_;
  std::deque<wish> wishes_;
  std::optional<monotonic_time> acted_;
};

} // namespace troupe::cli
