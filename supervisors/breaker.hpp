#pragma once

#include "actors/supervision.hpp"
#include "messages/error.hpp"
#include "seams/clock.hpp"
#include "seams/random.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

namespace troupe {

/// Where a breaker stands. The last three are an operator's word and stay until it is taken back.
enum class breaker_state : std::uint8_t {
  closed,        ///< calls pass and are measured
  open,          ///< calls are refused at once
  half_open,     ///< a few probes pass, the rest is refused
  forced_open,   ///< refused at once
  forced_closed, ///< everything passes and is measured
  disabled       ///< everything passes, nothing is measured
};
[[nodiscard]] std::string_view name_of(breaker_state state);

/// What an operator can ask of a breaker.
enum class breaker_mode : std::uint8_t { automatic, forced_open, forced_closed, disabled };

/// Numbers of a breaker; the defaults are argued for in docs and tested in the S-610 scenario.
struct breaker_settings {
  std::chrono::milliseconds timeout{1000}; ///< of the guarded calls; at least 1 ms
  std::uint32_t calls_min = 20;            ///< in the window before it may open
  double failure_rate = 0.5;               ///< of the window's calls, to open
  /// A call is slow from this share of the timeout on. At 0.8 ordinary jitter near the timeout
  /// would open a healthy circuit; at 0.9 it does not.
  double slow_share = 0.9;
  double slow_rate = 0.8; ///< of the window's calls, to open
  /// Failure rate of the last 1 to 1.5 s (`calls_min` applies) that opens by itself. After a busy
  /// healthy time it takes 5 s of nothing but failures to bring the whole window to a half; this
  /// makes it less than 2 s, while a stall of three quarters of a second still opens nothing.
  double collapse_rate = 0.8;
  std::chrono::milliseconds open_first{5000}; ///< doubles with each opening
  std::chrono::milliseconds open_max{60'000};
  double jitter = 0.2; ///< of the open time, either way
  /// Closed for that long, the next opening starts at `open_first` again.
  std::chrono::milliseconds calm{60'000};
  std::uint32_t probes = 10;                     ///< permitted while half-open
  std::uint32_t probes_at_once = 3;              ///< of them in flight
  std::chrono::milliseconds probing_max{10'000}; ///< then what is in decides
};

/// Calls of a window, or of a round of probes.
struct call_counts {
  std::uint64_t calls = 0;    ///< successes and failures
  std::uint64_t failures = 0; ///< of them
  std::uint64_t slow = 0;     ///< of them, failed or not
  bool operator==(const call_counts&) const = default;
};

/// Why a breaker changed its state.
enum class breaker_reason : std::uint8_t {
  failures,      ///< of the whole window
  slow_calls,    ///< of the whole window
  collapse,      ///< failures of the newest calls
  probes,        ///< what they said
  silent_probes, ///< none came back in time
  time,          ///< the open time is over
  operator_word
};

/// A change of state with the numbers that caused it.
struct breaker_transition {
  monotonic_time when;
  breaker_state from = breaker_state::closed;
  breaker_state to = breaker_state::closed;
  call_counts cause; ///< of the state that was left; of a collapse: of the newest calls
  std::chrono::milliseconds open_for{0}; ///< if `to` is open
  breaker_reason why = breaker_reason::failures;
};

/// The calls of the last ten seconds in ten buckets of one second; every operation is O(1).
class call_window {
public:
  static constexpr std::size_t buckets = 10;
  static constexpr std::chrono::seconds bucket_length{1};

  void count(bool failed, bool slow, monotonic_time now);
  /// Drops the buckets that are too old by now.
  void forget_old(monotonic_time now);
  void clear();
  [[nodiscard]] const call_counts& total() const { return total_; }
  /// Of the last 1 to 1.5 s: the present half of a second and the two before it.
  [[nodiscard]] call_counts newest() const;

private:
  static constexpr std::size_t halves = 3;

  std::array<call_counts, buckets> counts_{};
  std::array<call_counts, halves> halves_{}; ///< of the newest calls, again
  std::int64_t half_ = 0;   ///< number of the newest half second since the clock's zero
  std::int64_t bucket_ = 0; ///< number of the newest bucket since the clock's zero
  call_counts total_;
};

/// A circuit breaker as a state machine: time comes in, nothing goes out but values.
///
/// Owned by a guard and protected by its mutex; not thread-safe itself. Results name the generation
/// in which their call was admitted: one that comes after a change of state says nothing about the
/// new state and is ignored. Times may run backwards by the distance between two threads.
class breaker {
public:
  /// States change rarely; the last ones tell the story of an incident.
  static constexpr std::size_t transitions_max = 32;

  breaker(breaker_settings settings, std::unique_ptr<random_source> random,
          breaker_mode mode = breaker_mode::automatic);

  /// The generation to hand back to `record`, or `circuit_open` with `retry_after_ms`.
  [[nodiscard]] result<std::uint64_t> admit(monotonic_time now);
  /// Ends an admitted call; `ask_end::ignored` gives a probe's place back, and
  /// `ask_end::declined` is a probe's success and nothing else.
  void record(std::uint64_t generation, ask_end how, std::chrono::milliseconds took,
              monotonic_time now);
  void set_mode(breaker_mode mode, monotonic_time now);
  /// As if it was new: automatic, closed, with an empty window; calls in flight do not count.
  void reset(monotonic_time now);
  /// Drops what is too old from the window, for those who look without calling.
  void forget_old(monotonic_time now) { window_.forget_old(now); }

  [[nodiscard]] breaker_state state() const { return state_; }
  [[nodiscard]] breaker_mode mode() const;
  [[nodiscard]] monotonic_time since() const { return since_; } ///< of this state
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  /// Of the window; of the probes while half-open.
  [[nodiscard]] call_counts counts() const;
  /// When an open breaker lets probes pass.
  [[nodiscard]] monotonic_time open_until() const { return open_until_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; } ///< since it was made
  /// Oldest first, at most `transitions_max`.
  [[nodiscard]] const std::deque<breaker_transition>& transitions() const { return transitions_; }
  [[nodiscard]] std::uint64_t changes() const { return changes_; } ///< of state, since it was made
  [[nodiscard]] const breaker_settings& settings() const { return settings_; }

private:
  void move_to(breaker_state to, breaker_reason why, const call_counts& cause, monotonic_time now);
  void begin(monotonic_time now);
  void open(breaker_reason why, const call_counts& cause, monotonic_time now);
  void decide_overdue_probes(monotonic_time now);
  void judge_probes(monotonic_time now);
  void record_closed(bool failed, bool slow, monotonic_time now);
  void record_probe(ask_end how, bool slow, monotonic_time now);
  [[nodiscard]] error refusal(std::chrono::nanoseconds wait, std::string_view why);
  [[nodiscard]] std::chrono::milliseconds next_open_time();

  breaker_settings settings_;
  std::unique_ptr<random_source> random_;
  breaker_state state_ = breaker_state::closed;
  std::uint64_t generation_ = 1;
  monotonic_time since_; ///< begin of this generation
  call_window window_;
  call_counts probed_;
  std::uint32_t probes_permitted_ = 0;
  std::uint32_t probes_in_flight_ = 0;
  bool probe_ignored_ = false; ///< one came back without saying anything
  std::uint32_t openings_ = 0; ///< in a row, without a calm time between them
  monotonic_time open_until_;
  std::uint64_t refused_ = 0;
  std::uint64_t changes_ = 0;
  std::deque<breaker_transition> transitions_;
};

} // namespace troupe
