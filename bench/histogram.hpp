#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace troupe::bench {

/// Latencies in buckets that are linear inside each power of two: exact below 128, then within 1/64
/// of the value, over the whole range of 64 bits, in 30 KiB. Recording takes some nanoseconds.
/// Not thread-safe; each thread has its own, merged afterwards.
class histogram {
public:
  void record(std::uint64_t value);
  void add(const histogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t least() const { return count_ == 0 ? 0 : least_; }
  [[nodiscard]] std::uint64_t most() const { return most_; }
  [[nodiscard]] double mean() const;
  /// The value that the given share of values (0 to 1) does not exceed; 0 if there are none.
  [[nodiscard]] std::uint64_t at_share(double share) const;

private:
  static constexpr unsigned linear_bits = 6; ///< 64 buckets for each power of two
  static constexpr std::size_t bucket_count = (64 - linear_bits + 1) << linear_bits;

  [[nodiscard]] static std::size_t bucket_of(std::uint64_t value);
  [[nodiscard]] static std::uint64_t highest_of(std::size_t bucket);

  std::array<std::uint64_t, bucket_count> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t least_ = UINT64_MAX;
  std::uint64_t most_ = 0;
  double sum_ = 0;
};

} // namespace troupe::bench
