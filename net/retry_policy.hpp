#pragma once

#include "seams/clock.hpp"
#include "seams/random.hpp"

#include <array>
#include <chrono>
#include <cstdint>

namespace troupe {

/// Full jitter: random(0, min(most, first * 2^attempt)).
struct backoff {
  std::chrono::milliseconds first{25};
  std::chrono::milliseconds most{1000};
  /// `attempt` counts from 0.
  [[nodiscard]] std::chrono::microseconds delay(std::uint32_t attempt, random_source& random) const;
};

/// Keeps retries from multiplying an overload: over ten seconds, a client may retry a tenth of its
/// calls, plus ten a second so that a quiet client can retry at all.
/// A state machine without I/O; belongs to one thread.
class retry_budget {
public:
  static constexpr std::uint64_t calls_per_retry = 10;
  static constexpr std::uint64_t floor_per_second = 10;
  static constexpr std::size_t window_seconds = 10;

  void note_call(monotonic_time now);
  /// Takes one retry out of the budget; false if it is used up.
  [[nodiscard]] bool take(monotonic_time now);

private:
  struct second {
    std::int64_t number = -1;
    std::uint64_t calls = 0, retries = 0;
  };
  second& current(monotonic_time now);

  std::array<second, window_seconds> window_{};
};

} // namespace troupe
