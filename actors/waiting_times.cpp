#include "actors/waiting_times.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace troupe {

std::size_t waiting_summary::bucket_of(std::chrono::nanoseconds waited) {
  // The first buckets are one microsecond wide: below them a power of two has no eight parts.
  const auto us = static_cast<std::uint64_t>(std::max<std::int64_t>(waited.count(), 0)) / 1'000;
  constexpr std::uint64_t linear = 1U << sub_bits;
  if (us < linear) return us;
  const auto shift = static_cast<unsigned>(std::bit_width(us)) - 1 - sub_bits;
  const std::size_t bucket = (std::size_t{shift + 1} << sub_bits) + ((us >> shift) & (linear - 1));
  return std::min(bucket, bucket_count - 1);
}

std::uint64_t waiting_summary::highest_us(std::size_t bucket) {
  constexpr std::uint64_t linear = 1U << sub_bits;
  if (bucket < linear) return bucket;
  const auto shift = static_cast<unsigned>(bucket >> sub_bits) - 1;
  return ((linear + (bucket & (linear - 1)) + 1) << shift) - 1;
}

double waiting_summary::at_share_ms(double share) const {
  if (count_ == 0) return 0;
  const auto wanted = static_cast<std::uint64_t>(
      std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  for (; bucket + 1 < bucket_count; ++bucket) {
    seen += counts_[bucket];
    if (seen >= wanted && seen > 0) break;
  }
  // A whole microsecond is what a bucket's last value stands for: 3 means up to 4.
  return static_cast<double>(highest_us(bucket) + 1) / 1'000.0;
}

/// A reader that meets the slot meanwhile sees that it changed and leaves it out.
void waiting_times::begin(slot& of, std::int64_t second) {
  of.second.store(-1, std::memory_order_release);
  for (auto& each : of.counts)
    each.store(0, std::memory_order_relaxed);
  of.second.store(second, std::memory_order_release);
}

void waiting_times::add_to(waiting_summary& to, monotonic_time now) const {
  const std::int64_t last = second_of(now);
  for (const slot& each : slots_) {
    const std::int64_t second = each.second.load(std::memory_order_acquire);
    if (second < 0 || second > last || second + window_s < last) continue;
    std::array<std::uint32_t, waiting_summary::bucket_count> counts;
    for (std::size_t i = 0; i < counts.size(); ++i)
      counts[i] = each.counts[i].load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (each.second.load(std::memory_order_relaxed) != second) continue;
    for (std::size_t i = 0; i < counts.size(); ++i)
      if (counts[i] > 0) to.add(i, counts[i]);
  }
}

} // namespace troupe
