#include "net/retry_policy.hpp"

#include <algorithm>

namespace troupe {

std::chrono::microseconds backoff::delay(std::uint32_t attempt, random_source& random) const {
  constexpr std::uint32_t doublings_max = 20; // far past any sensible `most`, and no overflow
  const auto grown = std::chrono::microseconds{first} * (1LL << std::min(attempt, doublings_max));
  const auto ceiling = std::min<std::chrono::microseconds>(most, grown);
  return std::chrono::microseconds{
      static_cast<std::int64_t>(random.unit() * static_cast<double>(ceiling.count()))};
}

retry_budget::second& retry_budget::current(monotonic_time now) {
  const auto number =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  auto& slot = window_[static_cast<std::size_t>(number) % window_seconds];
  if (slot.number != number) slot = {number, 0, 0};
  return slot;
}

void retry_budget::note_call(monotonic_time now) {
  ++current(now).calls;
}

bool retry_budget::take(monotonic_time now) {
  auto& slot = current(now);
  std::uint64_t calls = 0;
  std::uint64_t retries = 0;
  for (const auto& each : window_) {
    if (each.number + static_cast<std::int64_t>(window_seconds) <= slot.number) continue;
    calls += each.calls;
    retries += each.retries;
  }
  if (retries >= calls / calls_per_retry + floor_per_second * window_seconds) return false;
  ++slot.retries;
  return true;
}

} // namespace troupe
