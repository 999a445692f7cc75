#pragma once

#include <chrono>
#include <cstdint>

namespace troupe {

/// Milliseconds since the Unix epoch, for people and for record time stamps; never used for
/// deadlines.
using wall_ms = std::int64_t;

/// A point on the monotonic clock; deadlines, leases and timers live on it.
using monotonic_time = std::chrono::steady_clock::time_point;

/// The seam to time. Nothing outside real_clock.cpp reads a system clock.
/// Thread rules: implementations are safe to read from any thread.
class clock {
public:
  virtual ~clock() = default;
  [[nodiscard]] virtual wall_ms wall() const = 0;
  [[nodiscard]] virtual monotonic_time monotonic() const = 0;
};

/// The machine's clocks; one for the whole process, lives for ever.
[[nodiscard]] const clock& real_clock();

/// A clock that stands still until the test moves it. Not thread-safe.
class simulated_clock final : public clock {
public:
  explicit simulated_clock(wall_ms start = 1'700'000'000'000) : wall_(start) {}
  [[nodiscard]] wall_ms wall() const override { return wall_; }
  [[nodiscard]] monotonic_time monotonic() const override { return monotonic_; }
  void advance(std::chrono::milliseconds by) {
    wall_ += by.count();
    monotonic_ += by;
  }

private:
  wall_ms wall_;
  monotonic_time monotonic_{std::chrono::hours{1}};
};

} // namespace troupe
