#pragma once

#include "seams/clock.hpp"
#include "seams/random.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::cli {

/// When a process that is kept alive is started again, ended, or given up (docs/launcher.md).
struct part_limits {
  std::chrono::milliseconds backoff_first{100};
  std::chrono::milliseconds backoff_most{30'000};
  double jitter = 0.2;                              ///< of a pause, up and down
  std::uint32_t ends_max = 5;                       ///< so many ends ...
  std::chrono::milliseconds ends_within{60'000};    ///< ... so close together: crash loop
  std::chrono::milliseconds well_after{600'000};    ///< up so long: what was before is forgotten
  std::chrono::milliseconds silence_max{4'000};     ///< of one that was up: it hangs
  std::chrono::milliseconds start_patience{60'000}; ///< from its start until it is up
  std::chrono::milliseconds stop_patience{45'000};  ///< from SIGTERM to its end
  std::chrono::milliseconds stall{1'000}; ///< we looked away so long: nobody else is to blame
};

/// `hung`: it was ordered to be killed and its end is awaited.
enum class part_state : std::uint8_t {
  stopped,
  starting,
  up,
  draining,
  stopping,
  hung,
  backoff,
  crash_loop
};
[[nodiscard]] std::string_view name_of(part_state state);

enum class part_order : std::uint8_t { nothing, start, terminate, kill };

/// How a process ended. `at_once`: it asked to be started again without a pause.
struct part_end {
  std::string how; ///< "ended with exit code 4"
  bool at_once = false;
};

/// The life of one process that is kept alive: a node or the gateway. A state machine without I/O:
/// facts and time in, orders out. Each order is given once; what comes of it is told as a fact.
class part_rules {
public:
  explicit part_rules(part_limits limits = {}) : limits_(limits) {}

  // What is wanted of it.
  void keep_running(); ///< from now on; ends a crash loop
  void stop();         ///< in order, and no start after it
  /// Killed without warning and started again at once; no failure. Nothing if it does not run.
  void replace();

  // What happened to it.
  void started(monotonic_time now);
  /// An earlier launcher's process that lives; `may_take` is the time it has to answer.
  void adopted(monotonic_time now, std::chrono::milliseconds may_take);
  void answered(monotonic_time now); ///< it is up, and alive
  void drains();                     ///< it gives its work away and then waits to be stopped
  void ended(monotonic_time now, part_end how, random_source& random);

  /// What to do now. Call it often, and again after every fact.
  [[nodiscard]] part_order next(monotonic_time now);

  [[nodiscard]] part_state state() const { return state_; }
  [[nodiscard]] bool wanted() const { return wanted_; }
  [[nodiscard]] bool lives() const;
  /// Why it is not up: its last end, its silence. Empty if nothing is wrong.
  [[nodiscard]] const std::string& why() const { return why_; }
  /// Ends that nobody ordered, since the launcher began.
  [[nodiscard]] std::uint32_t failures() const { return failures_; }
  [[nodiscard]] monotonic_time since() const { return since_; } ///< of the state
  [[nodiscard]] std::chrono::milliseconds pause() const { return pause_; }

private:
  void enter(part_state state, monotonic_time now);
  [[nodiscard]] part_order give_up(monotonic_time now, std::string why);
  void plan_restart(monotonic_time now, const part_end& how, random_source& random);
  void forgive_stall(monotonic_time now);

  part_limits limits_;
  part_state state_ = part_state::stopped;
  bool wanted_ = false;
  bool ordered_end_ = false; ///< its end will be no failure of its own
  bool replaced_ = false;    ///< it is to be, at the next look
  monotonic_time since_{};
  monotonic_time up_since_{};
  monotonic_time answered_{};
  std::optional<monotonic_time> looked_;
  std::chrono::milliseconds patience_{};
  std::chrono::milliseconds pause_{};
  std::deque<monotonic_time> ends_;
  std::uint32_t attempts_ = 0;
  std::uint32_t failures_ = 0;
  std::string why_;
};

} // namespace troupe::cli
