#pragma once

#include "bin/launcher/autoscale_rules.hpp"
#include "messages/error.hpp"
#include "messages/value.hpp"
#include "seams/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::cli {

/// What of a node's status the rules look at. A node none of whose commands had its turn lately
/// shows how long the oldest waits.
[[nodiscard]] node_sample sample_of(std::string node, const value& status);

/// Autoscaling of one launcher: the rules, what they decided and what came of it, on and off. What
/// happens is written to `logs/autoscale.log`, a JSON object a line, and the newest are kept here.
///
/// Thread rules: one thread.
class autoscaling {
public:
  static constexpr std::size_t entries_kept = 32;
  static constexpr std::uintmax_t log_bytes_max = 8 * 1024 * 1024; ///< then it becomes FILE.1
  using event_sink = std::function<void(const std::string& line)>;

  autoscaling(autoscale_plan plan, std::filesystem::path log, const clock& time, event_sink say);

  [[nodiscard]] bool on() const { return on_; }
  void turn(bool on);
  /// Whether it is time to look at the nodes again; then `judge` has to follow.
  [[nodiscard]] bool due(monotonic_time now) const;
  [[nodiscard]] std::chrono::milliseconds interval() const {
    return rules_.plan().pace.sample_every;
  }
  /// How old a sample may be.
  [[nodiscard]] std::chrono::milliseconds sample_age_max() const;

  /// The number of nodes to begin scaling to, if there is one. Then `began` or `refused` follows.
  [[nodiscard]] std::optional<std::uint32_t> judge(monotonic_time now, autoscale_facts facts);
  /// An operation of this number does it.
  void began(std::uint64_t operation) { operation_ = operation; }
  void refused(monotonic_time now, const error& why);
  /// Of the operation; `failure` empty: it is done.
  void ended(monotonic_time now, const std::string& failure);
  /// That it waits for; nothing: none.
  [[nodiscard]] std::optional<std::uint64_t> operation() const { return operation_; }

  /// `on`, `nodes`, `targets`, the newest decision, its samples, and the newest entries of the log.
  [[nodiscard]] value described() const;

private:
  void write(std::string_view what, const scale_decision& of, bool with_samples);

  autoscale_rules rules_;
  std::filesystem::path log_;
  const clock& time_;
  event_sink say_;
  bool on_ = true;
  std::optional<monotonic_time> looked_;
  std::optional<monotonic_time> held_; ///< when that was written last
  std::optional<scale_decision> last_;
  value samples_;
  std::optional<std::uint64_t> operation_;
  std::deque<value> entries_;
};

} // namespace troupe::cli
