#pragma once

#include "bin/launcher/part_rules.hpp"
#include "messages/error.hpp"
#include "seams/clock.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cli {

/// One thing to be done with one part, or waited for.
enum class step_kind : std::uint8_t {
  begin_start, ///< have it started, go on at once
  start,       ///< have it started, wait until it is up
  begin_stop,  ///< have it stopped, go on at once
  stop,        ///< have it stopped, wait for its end
  settle,      ///< wait until it is an active member and every shard rests with an owner
  leave,       ///< ask the node to give its shards away, wait until it has none
  forget,      ///< it is no part any more
  replace      ///< have it killed and started again, go on at once
};

struct operation_step {
  step_kind kind;
  std::string part; ///< empty: of `settle`, no part in particular
  bool operator==(const operation_step&) const = default;
};

/// What an operation has to know of a part.
struct part_facts {
  part_state state = part_state::stopped;
  std::uint32_t failures = 0;
  std::string why = {};   ///< it is not up
  bool active = false;    ///< as a member of the cluster
  std::uint32_t owns = 0; ///< shards
  /// Of a node that was asked to leave: what it said.
  std::optional<result<void>> leave_answer = std::nullopt;
};

/// What an operation has to know of everything.
struct cluster_facts {
  std::map<std::string, part_facts, std::less<>> parts;
  bool known = false; ///< the lease store was read after `operation::waiting_since`
  std::uint32_t without_owner = 0;
  std::uint32_t moving = 0;
};

enum class operation_state : std::uint8_t { running, done, failed };

/// A long-lasting wish of an operator as a list of steps, one after the other: progress as lines,
/// and the first step that does not come out ends it. A state machine without I/O.
class operation {
public:
  static constexpr std::size_t progress_kept = 200; ///< lines, the newest

  operation(std::uint64_t number, std::string title, std::vector<operation_step> steps)
      : number_(number), title_(std::move(title)), steps_(std::move(steps)) {}

  /// What to order now: `begin_start` and `begin_stop` of a part, `leave`, `forget`, `replace`.
  [[nodiscard]] std::vector<operation_step> next(monotonic_time now, const cluster_facts& facts);
  /// When the step under way began.
  [[nodiscard]] monotonic_time waiting_since() const { return begun_at_; }
  /// Ends it as failed, because something else has to be done.
  void abandon(const std::string& why);

  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] const std::string& title() const { return title_; }
  [[nodiscard]] operation_state state() const { return state_; }
  [[nodiscard]] const std::deque<std::string>& progress() const { return progress_; }
  [[nodiscard]] std::uint64_t progress_dropped() const { return dropped_; }
  [[nodiscard]] const error& failure() const { return failure_; }

private:
  [[nodiscard]] std::vector<operation_step> begin(const operation_step& step,
                                                  const cluster_facts& facts);
  [[nodiscard]] bool is_done(const operation_step& step, const cluster_facts& facts);
  [[nodiscard]] std::string waiting_for(const operation_step& step,
                                        const cluster_facts& facts) const;
  void say(std::string line);
  void fail_step(errc code, std::string why);

  std::uint64_t number_;
  std::string title_;
  std::vector<operation_step> steps_;
  std::size_t at_ = 0;
  bool begun_ = false;
  monotonic_time begun_at_{};
  std::uint32_t failures_before_ = 0;
  operation_state state_ = operation_state::running;
  std::deque<std::string> progress_;
  std::uint64_t dropped_ = 0;
  error failure_;
};

/// The steps of what an operator can ask for. `nodes` are those there are, in order.
[[nodiscard]] std::vector<operation_step> steps_to_scale(const std::vector<std::string>& nodes,
                                                         std::uint32_t wanted);
[[nodiscard]] std::vector<operation_step> steps_to_drain(const std::string& node);
[[nodiscard]] std::vector<operation_step> steps_to_restart(const std::string& part, bool is_node);
[[nodiscard]] std::vector<operation_step> steps_to_roll(const std::vector<std::string>& nodes);
/// A roll as without readiness: all are killed, nothing is handed over, no node waits for another.
[[nodiscard]] std::vector<operation_step>
steps_to_roll_abruptly(const std::vector<std::string>& nodes);
[[nodiscard]] std::vector<operation_step> steps_to_go_down(const std::vector<std::string>& nodes,
                                                           const std::string& gateway);

/// "n3".
[[nodiscard]] std::string node_name(std::uint32_t number);

} // namespace troupe::cli
