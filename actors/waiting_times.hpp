#pragma once

#include "seams/clock.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe {

/// How long commands waited, as one lane or several saw it over the last seconds. A plain value.
class waiting_summary {
public:
  /// Eight buckets for each power of two, up to minutes: a share is at most an eighth too high.
  static constexpr unsigned sub_bits = 3;
  static constexpr std::size_t bucket_count = 27U << sub_bits;

  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// The time that the given share of commands (0 to 1) did not exceed, in ms; 0 if there are none.
  [[nodiscard]] double at_share_ms(double share) const;
  void add(std::size_t bucket, std::uint32_t commands) {
    counts_[bucket] += commands;
    count_ += commands;
  }

  [[nodiscard]] static std::size_t bucket_of(std::chrono::nanoseconds waited);
  /// The longest time that belongs into a bucket, in µs.
  [[nodiscard]] static std::uint64_t highest_us(std::size_t bucket);

private:
  std::array<std::uint64_t, bucket_count> counts_{};
  std::uint64_t count_ = 0;
};

/// How long a lane's commands waited from its inbox to their turn, over a window of whole seconds
/// that slides.
///
/// Thread rules: `note` on one thread; `add_to` from any. A reader may miss what is noted
/// meanwhile, and the second that is just being overwritten.
class waiting_times {
public:
  static constexpr std::uint32_t window_s = 5; ///< long enough to be calm, short enough to be now

  /// A command waited so long; `second` is that of now on the monotonic clock.
  void note(std::chrono::nanoseconds waited, std::int64_t second) {
    slot& now = slots_[static_cast<std::size_t>(second) % slots_.size()];
    if (now.second.load(std::memory_order_relaxed) != second) begin(now, second);
    auto& bucket = now.counts[waiting_summary::bucket_of(waited)];
    bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  /// Adds what was noted in the second of `now` and in the `window_s` seconds before it.
  void add_to(waiting_summary& to, monotonic_time now) const;

  /// How long the window at `now` is: the second under way is in it as far as it has come.
  [[nodiscard]] static double span_s(monotonic_time now) {
    const auto under_way = now.time_since_epoch() % std::chrono::seconds{1};
    return window_s + std::chrono::duration<double>(under_way).count();
  }
  [[nodiscard]] static std::int64_t second_of(monotonic_time when) {
    return std::chrono::duration_cast<std::chrono::seconds>(when.time_since_epoch()).count();
  }

private:
  struct slot {
    std::atomic<std::int64_t> second{-1};
    std::array<std::atomic<std::uint32_t>, waiting_summary::bucket_count> counts{};
  };
  static void begin(slot& of, std::int64_t second);

  std::array<slot, window_s + 1> slots_; ///< the one under way besides
};

} // namespace troupe
