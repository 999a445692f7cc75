#include "supervisors/node_load.hpp"

#include <algorithm>

namespace troupe {
namespace {

/// Milliseconds with three digits behind the point, for people.
double rounded(double ms) {
  constexpr double digits = 1'000;
  return static_cast<double>(static_cast<std::int64_t>(ms * digits + 0.5)) / digits;
}

} // namespace

std::optional<double> cpu_meter::percent() {
  const std::lock_guard lock{mutex_};
  const monotonic_time now = time_.monotonic();
  if (now - base_ < interval) return percent_;
  const std::chrono::nanoseconds used = used_();
  const std::chrono::nanoseconds passed = now - base_;
  percent_ = 100.0 * static_cast<double>((used - base_used_).count()) /
             static_cast<double>(passed.count());
  base_ = now;
  base_used_ = used;
  return percent_;
}

value load_of(cpu_meter& cpu, const std::vector<std::unique_ptr<lane>>& lanes,
              const std::vector<std::unique_ptr<context_state>>& contexts, monotonic_time now) {
  waiting_summary waits;
  std::uint64_t waiting = 0;
  std::int64_t oldest_ns = 0;
  for (const auto& each : lanes) {
    each->counters().waits.add_to(waits, now);
    waiting += each->counters().inbox.load(std::memory_order_relaxed);
    const auto since = each->counters().inbox_since.load(std::memory_order_relaxed);
    if (since != 0) oldest_ns = std::max(oldest_ns, now.time_since_epoch().count() - since);
  }
  for (const auto& context : contexts)
    for (const auto& part : context->parts)
      waiting += part->shard.waiting.load();
  value said{value::object{}};
  const auto percent = cpu.percent();
  said["cpu_percent"] = percent ? value{rounded(*percent)} : value{};
  said["mailbox_p50_ms"] = rounded(waits.at_share_ms(0.50));
  said["mailbox_p95_ms"] = rounded(waits.at_share_ms(0.95));
  said["mailbox_p99_ms"] = rounded(waits.at_share_ms(0.99));
  said["mailbox_oldest_ms"] = rounded(static_cast<double>(oldest_ns) / 1e6);
  said["commands_per_s"] = rounded(static_cast<double>(waits.count()) / waiting_times::span_s(now));
  said["waiting"] = waiting;
  said["resident_bytes"] = process_resident_bytes();
  return said;
}

} // namespace troupe
