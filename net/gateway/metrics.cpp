#include "net/gateway/metrics.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace troupe::gateway {
std::string_view request_class_name(request_class of) {
  static constexpr std::array<std::string_view, request_classes> names{
      "command", "get", "list", "query", "page", "platform", "refused"};
  return names[static_cast<std::size_t>(of)];
}

void metrics::count(request_class of, std::uint16_t status, std::chrono::nanoseconds took) {
  const auto row = static_cast<std::size_t>(of);
  requests_[row][std::min<std::size_t>(status, statuses - 1)].fetch_add(1,
                                                                        std::memory_order_relaxed);
  const double ms = std::chrono::duration<double, std::milli>(took).count();
  const auto bucket = std::lower_bound(bounds_ms.begin(), bounds_ms.end(), ms) - bounds_ms.begin();
  latency& times = latencies_[row];
  times.buckets[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  times.sum_us.fetch_add(static_cast<std::uint64_t>(ms * 1000.0), std::memory_order_relaxed);
}

void metrics::add_to(metric_page& to) const {
  for (std::size_t row = 0; row < request_classes; ++row) {
    const auto name = request_class_name(static_cast<request_class>(row));
    for (std::size_t status = 0; status < statuses; ++status)
      if (const auto seen = requests_[row][status].load(std::memory_order_relaxed); seen > 0)
        to.add(metric::gateway_requests, {name, std::to_string(status)}, static_cast<double>(seen));
    histogram_reading times;
    for (const double each : bounds_ms)
      times.bounds.push_back(each / 1'000.0);
    for (const auto& each : latencies_[row].buckets)
      times.counts.push_back(each.load(std::memory_order_relaxed));
    times.sum = static_cast<double>(latencies_[row].sum_us.load(std::memory_order_relaxed)) / 1e6;
    to.add(metric::gateway_duration, {name}, std::move(times));
  }
  to.add(metric::gateway_in_flight, in_flight.load());
  to.add(metric::gateway_connections, connections.load());
}

} // namespace troupe::gateway
