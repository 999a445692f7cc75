#include "bench/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace troupe::bench {

std::size_t histogram::bucket_of(std::uint64_t value) {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  if (width <= linear_bits + 1) return static_cast<std::size_t>(value);
  // The leading bit and the six behind it, in the block of its power of two.
  const unsigned shift = width - linear_bits - 1;
  return (std::size_t{shift} << linear_bits) + static_cast<std::size_t>(value >> shift);
}

std::uint64_t histogram::highest_of(std::size_t bucket) {
  if (bucket < (std::size_t{2} << linear_bits)) return bucket;
  const auto shift = static_cast<unsigned>(bucket >> linear_bits) - 1;
  const std::uint64_t leading = bucket - (std::size_t{shift} << linear_bits);
  return (leading << shift) + ((std::uint64_t{1} << shift) - 1);
}

void histogram::record(std::uint64_t value) {
  ++counts_[bucket_of(value)];
  ++count_;
  least_ = std::min(least_, value);
  most_ = std::max(most_, value);
  sum_ += static_cast<double>(value);
}

void histogram::add(const histogram& other) {
  for (std::size_t bucket = 0; bucket < bucket_count; ++bucket)
    counts_[bucket] += other.counts_[bucket];
  count_ += other.count_;
  least_ = std::min(least_, other.least_);
  most_ = std::max(most_, other.most_);
  sum_ += other.sum_;
}

double histogram::mean() const {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

std::uint64_t histogram::at_share(double share) const {
  const auto wanted = std::clamp<double>(std::ceil(share * static_cast<double>(count_)), 1,
                                         static_cast<double>(std::max<std::uint64_t>(count_, 1)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < bucket_count; ++bucket) {
    seen += counts_[bucket];
    if (seen > 0 && static_cast<double>(seen) >= wanted) return std::min(highest_of(bucket), most_);
  }
  return 0;
}

} // namespace troupe::bench
