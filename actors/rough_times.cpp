#include "actors/rough_times.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace troupe {
namespace {

/// The longest time that belongs into a bucket, in µs: 1, 2, 2, 3, 4, 6, 8, 12, …
std::uint64_t highest_us(std::size_t bucket) {
  const auto power = std::uint64_t{1} << (bucket / 2);
  return bucket % 2 == 0 ? power : power + (power + 1) / 2;
}

} // namespace

std::size_t rough_times::bucket_of(std::chrono::nanoseconds took) {
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count() + 999, 0)) / 1'000;
  if (us <= 1) return 0;
  const auto power = static_cast<std::size_t>(std::bit_width(us - 1) - 1); // 2^power < us
  const auto half = highest_us(2 * power + 1);
  return std::min(2 * power + (us <= half ? 1U : 2U), bucket_count - 1);
}

void rough_times::note(std::chrono::nanoseconds took) {
  auto& bucket = counts_[bucket_of(took)];
  if (bucket == std::numeric_limits<std::uint16_t>::max()) fade();
  ++bucket;
  ++total_;
}

void rough_times::fade() {
  total_ = 0;
  for (auto& each : counts_) {
    each = static_cast<std::uint16_t>((each + 1U) / 2U); // one slow time is not forgotten at once
    total_ += each;
  }
}

std::optional<std::uint64_t> rough_times::p99_us() const {
  if (total_ == 0) return std::nullopt;
  const std::uint32_t wanted = total_ - total_ / 100;
  std::uint32_t seen = 0;
  std::size_t bucket = 0;
  for (; bucket + 1 < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (seen >= wanted) break;
  }
  return highest_us(bucket);
}

} // namespace troupe
