#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace troupe {

/// What histograms of one shape counted together. A plain value.
struct histogram_reading {
  std::vector<double> bounds;        ///< upper ends of the buckets, ascending, without infinity
  std::vector<std::uint64_t> counts; ///< of each bucket alone; one more than bounds
  double sum = 0;

  [[nodiscard]] std::uint64_t count() const {
    std::uint64_t all = 0;
    for (const auto each : counts)
      all += each;
    return all;
  }
  /// What that share of all was at most: the upper end of a bucket. Nothing if nothing was counted,
  /// or if it lies above the last bound.
  [[nodiscard]] std::optional<double> below(double share) const {
    const auto all = count();
    if (all == 0) return std::nullopt;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      seen += counts[i];
      if (static_cast<double>(seen) >= share * static_cast<double>(all)) return bounds[i];
    }
    return std::nullopt;
  }
};

/// Counts numbers in buckets whose upper ends double: 2^lowest, 2^(lowest + 1) and so on, `steps`
/// of them, and one for what is above.
///
/// Thread rules: `note` on one thread, which therefore needs no read-modify-write; `add_to` from
/// any. A reader may miss what is noted meanwhile.
template <unsigned lowest, std::size_t steps> class doubling_histogram {
public:
  void note(std::uint64_t number) {
    bump(counts_[bucket_of(number)], 1);
    bump(sum_, number);
  }

  /// Adds what was counted; `unit` is what one of its numbers is in the reading's.
  void add_to(histogram_reading& to, double unit = 1) const {
    if (to.counts.empty()) {
      for (std::size_t i = 0; i < steps; ++i)
        to.bounds.push_back(static_cast<double>(std::uint64_t{1} << (lowest + i)) * unit);
      to.counts.resize(steps + 1);
    }
    for (std::size_t i = 0; i <= steps; ++i)
      to.counts[i] += counts_[i].load(std::memory_order_relaxed);
    to.sum += static_cast<double>(sum_.load(std::memory_order_relaxed)) * unit;
  }

  /// The bucket of the smallest upper end that is not below the number.
  [[nodiscard]] static std::size_t bucket_of(std::uint64_t number) {
    const auto power = static_cast<unsigned>(std::bit_width(number == 0 ? number : number - 1));
    return power <= lowest ? 0 : std::min<std::size_t>(power - lowest, steps);
  }

private:
  static void bump(std::atomic<std::uint64_t>& what, std::uint64_t by) {
    what.store(what.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  std::array<std::atomic<std::uint64_t>, steps + 1> counts_{};
  std::atomic<std::uint64_t> sum_{0};
};

/// Times from 32 µs to 34 s, noted in microseconds.
class time_histogram {
public:
  void note(std::chrono::nanoseconds took) {
    counted_.note(static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0)) / 1'000);
  }
  /// In seconds.
  void add_to(histogram_reading& to) const { counted_.add_to(to, 1e-6); }

private:
  doubling_histogram<5, 21> counted_;
};

/// Numbers of things from 1 to 4,096.
using count_histogram = doubling_histogram<0, 13>;

} // namespace troupe
