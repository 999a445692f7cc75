#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace troupe {

/// How long something took, in a hundred bytes: two buckets for each power of two from 1 µs to 16
/// s, so that a share is at most two fifths too high. Not thread-safe.
class rough_times {
public:
  void note(std::chrono::nanoseconds took);
  /// The time that 99 of 100 did not exceed, in µs; nothing if none was noted.
  [[nodiscard]] std::optional<std::uint64_t> p99_us() const;
  /// Halves the weight of what was noted so far: what was long ago fades.
  void fade();

private:
  static constexpr std::size_t bucket_count = 48;
  [[nodiscard]] static std::size_t bucket_of(std::chrono::nanoseconds took);

  std::array<std::uint16_t, bucket_count> counts_{}; ///< all are halved before one overflows
  std::uint32_t total_ = 0;
};

} // namespace troupe
