#pragma once

#include "seams/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace troupe {

/// The numbers of a lane's gate.
struct lane_gate_settings {
  std::uint32_t waiting_max = 65'536;            ///< requests of clients that wait
  std::uint64_t bytes_max = 64ULL * 1024 * 1024; ///< what they hold in memory
  std::uint32_t waiting_floor = 256;             ///< never fewer, however slow the lane is
  std::uint32_t time_share = 4;                  ///< of its caller's time one part may be waited
  std::chrono::milliseconds wait_max{2'500};     ///< and never longer than this
  std::chrono::milliseconds interval{100};       ///< between two looks at how long it takes
};

/// What a gate has to know of a request.
struct gate_request {
  std::uint32_t context = 0; ///< position in the catalogue
  std::uint64_t bytes = 0;
  bool outside = true;                ///< from a client; else from a part, or about a subscription
  std::chrono::nanoseconds time{0};   ///< what its caller had left when it came
  std::chrono::nanoseconds waited{0}; ///< when it is taken up
  bool expired = false;               ///< likewise: dropped, because its time was over
};

/// Requests that a lane took up since it last told its gate.
class gate_departures {
public:
  void add(const gate_request& which);
  void clear();
  [[nodiscard]] bool empty() const { return all_ == 0; }

private:
  friend class lane_gate;
  std::uint64_t all_ = 0, outside_ = 0, served_ = 0, bytes_ = 0;
  std::chrono::nanoseconds waited_{0}, time_{0}; ///< sums over those from outside
  std::vector<std::uint32_t> of_context_;        ///< from outside
};

/// Who may wait for a lane: bounds by number and bytes, and control of overload.
///
/// A queue that is too long makes every answer a little too late, and all work worthless. So the
/// gate looks ten times a second at how long those that were taken up had waited. Is that on
/// average more than a quarter of the time their callers gave them, then only so many may wait as
/// the lane can take up in that quarter at the rate it just showed (Little's law); the others are
/// refused at once, which costs next to nothing. As long as the wait is short, the bound doubles
/// each time until it is out of the way. It is not a bound on the number itself: a client that
/// keeps 16,000 calls open has every right to it, if the lane is fast enough for its deadline.
///
/// A flood of one context must not shut out another of the same lane: while the gate is shut, a
/// context that has less than its even share of the places still gets in.
///
/// Requests of parts (asks, reactions, forwarded ones) and what is said about subscriptions are
/// only bound by a quarter more than the fixed limits: others wait for their answers.
///
/// A state machine without I/O; not thread-safe: the lane's mutex guards it.
class lane_gate {
public:
  explicit lane_gate(const lane_gate_settings& settings = {});

  enum class verdict : std::uint8_t { enters, too_many, too_big, too_slow };
  /// Whether a request may join those that wait; one that enters is counted.
  [[nodiscard]] verdict enter(const gate_request& which, monotonic_time now);
  /// The lane took these up.
  void leave(const gate_departures& those, monotonic_time now);

  [[nodiscard]] std::uint32_t waiting() const { return static_cast<std::uint32_t>(waiting_); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  /// How many of clients may wait at the moment.
  [[nodiscard]] std::uint32_t limit() const { return limit_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  /// How long a client had better wait before it comes again.
  [[nodiscard]] std::chrono::milliseconds retry_after() const;

private:
  void look(monotonic_time now);
  void widen(std::int64_t times);

  lane_gate_settings settings_;
  std::uint64_t waiting_ = 0, outside_ = 0, bytes_ = 0, refused_ = 0;
  std::vector<std::uint32_t> of_context_; ///< from outside
  std::uint32_t contexts_ = 0;            ///< that have any
  std::uint32_t limit_;
  std::chrono::nanoseconds wait_allowed_{0}; ///< behind `limit_`

  // since the last look
  monotonic_time looked_{};
  std::uint64_t left_ = 0, served_ = 0;
  std::chrono::nanoseconds waited_{0}, time_{0};
};

[[nodiscard]] std::string_view name_of(lane_gate::verdict verdict);

} // namespace troupe
