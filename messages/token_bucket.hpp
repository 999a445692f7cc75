#pragma once

#include "messages/error.hpp"
#include "seams/clock.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// How many requests a second somebody may send, and how many at once after a pause.
struct rate_limit {
  static constexpr std::uint32_t most = 1'000'000;
  std::uint32_t per_second = 0; ///< 0: no limit
  std::uint32_t burst = 0;      ///< places of the bucket, at least 1 where there is a limit

  [[nodiscard]] bool given() const { return per_second > 0; }
  /// "1000/2000"; "off" if there is none.
  [[nodiscard]] std::string text() const {
    if (!given()) return "off";
    return std::to_string(per_second) + '/' + std::to_string(burst);
  }
  /// Reads "N", "N/BURST" (each from 1 to a million) or "off"; else `malformed`. The burst is twice
  /// the rate where none is given.
  [[nodiscard]] static result<rate_limit> parse(std::string_view from);
  bool operator==(const rate_limit&) const = default;
};

/// What a bucket says to one request.
struct rate_verdict {
  bool granted = true;
  std::uint32_t remaining = 0;             ///< requests that may come at once after this one
  std::chrono::nanoseconds retry_after{0}; ///< of a refused one: until a place is there
  std::chrono::nanoseconds reset{0};       ///< until the bucket is full again

  /// Rounded up: whoever comes then finds a place, unless others took it.
  [[nodiscard]] std::int32_t retry_after_ms() const {
    return static_cast<std::int32_t>(
        std::chrono::ceil<std::chrono::milliseconds>(retry_after).count());
  }
};

/// A token bucket kept as one time: when it will be full (the generic cell rate algorithm, exact
/// and without a timer that fills it). The limit is given with each request, so it may change.
/// Time comes from outside. Thread-safe without locks.
class token_bucket {
public:
  [[nodiscard]] rate_verdict take(const rate_limit& by, monotonic_time now) {
    if (!by.given()) return {};
    const std::int64_t each = 1'000'000'000 / by.per_second;
    const std::int64_t whole = each * std::max(by.burst, 1U);
    const std::int64_t at = ns(now);
    std::int64_t full = full_at_.load(std::memory_order_relaxed);
    for (;;) {
      // A limit that was lowered must not leave somebody out for the debts of a higher burst.
      const std::int64_t owed = std::clamp<std::int64_t>(full - at, 0, whole);
      if (owed + each > whole)
        return {false, 0, std::chrono::nanoseconds{owed + each - whole},
                std::chrono::nanoseconds{owed}};
      const std::int64_t then = owed + each;
      if (full_at_.compare_exchange_weak(full, at + then, std::memory_order_relaxed))
        return {true,
                static_cast<std::uint32_t>((whole - then) / each),
                {},
                std::chrono::nanoseconds{then}};
    }
  }

  /// Whether it holds nothing that a new one would not.
  [[nodiscard]] bool full(monotonic_time now) const {
    return full_at_.load(std::memory_order_relaxed) <= ns(now);
  }

private:
  [[nodiscard]] static std::int64_t ns(monotonic_time now) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
  }
  std::atomic<std::int64_t> full_at_{0};
};

/// A limit that an operator may change while others read it. Thread-safe.
class adjustable_rate {
public:
  void set(rate_limit to) { packed_.store(std::uint64_t{to.per_second} << 32U | to.burst); }
  [[nodiscard]] rate_limit get() const {
    const auto packed = packed_.load(std::memory_order_relaxed);
    return {static_cast<std::uint32_t>(packed >> 32U), static_cast<std::uint32_t>(packed)};
  }

private:
  std::atomic<std::uint64_t> packed_{0};
};

/// The refusal of a request that a bucket had no place for.
[[nodiscard]] inline error rate_refusal(std::string_view whose, const rate_limit& by,
                                        const rate_verdict& verdict) {
  error why = fail(errc::rate_limited, std::string{whose} + " is above its rate of " +
                                           std::to_string(by.per_second) + " requests a second");
  why.retry_after_ms = verdict.retry_after_ms();
  return why;
}

inline result<rate_limit> rate_limit::parse(std::string_view from) {
  if (from == "off") return rate_limit{};
  const auto read = [](std::string_view text, std::uint32_t& to) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), to);
    return failed == std::errc{} && end == text.data() + text.size() && to >= 1 && to <= most;
  };
  rate_limit to;
  const auto slash = from.find('/');
  bool good = read(from.substr(0, slash), to.per_second);
  if (slash == std::string_view::npos)
    to.burst = std::min(2 * to.per_second, most);
  else
    good = good && read(from.substr(slash + 1), to.burst);
  if (good) return to;
  return fail(errc::malformed, "a rate is written 1000, 1000/2000 or off, each from 1 to " +
                                   std::to_string(most) + "; not '" + std::string{from} + "'");
}

} // namespace troupe
