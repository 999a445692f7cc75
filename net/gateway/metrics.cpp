#include "net/gateway/metrics.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace troupe::gateway {
namespace {

[[nodiscard]] std::string decimal(double from) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.10g", from);
  return text.data();
}

} // namespace

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

std::string metrics::text() const {
  std::string out = "# HELP troupe_gateway_requests_total Answered HTTP requests.\n"
                    "# TYPE troupe_gateway_requests_total counter\n";
  for (std::size_t row = 0; row < request_classes; ++row)
    for (std::size_t status = 0; status < statuses; ++status) {
      const std::uint64_t seen = requests_[row][status].load(std::memory_order_relaxed);
      if (seen == 0) continue;
      out.append("troupe_gateway_requests_total{class=\"")
          .append(request_class_name(static_cast<request_class>(row)))
          .append("\",status=\"" + std::to_string(status) + "\"} " + std::to_string(seen) + "\n");
    }
  out += "# HELP troupe_gateway_request_seconds Time from request to answer.\n"
         "# TYPE troupe_gateway_request_seconds histogram\n";
  for (std::size_t row = 0; row < request_classes; ++row) {
    const std::string label =
        "class=\"" + std::string{request_class_name(static_cast<request_class>(row))} + "\"";
    std::uint64_t total = 0;
    for (std::size_t i = 0; i <= bounds_ms.size(); ++i) {
      total += latencies_[row].buckets[i].load(std::memory_order_relaxed);
      const std::string bound = i < bounds_ms.size() ? decimal(bounds_ms[i] / 1000.0) : "+Inf";
      out += "troupe_gateway_request_seconds_bucket{" + label + ",le=\"" + bound + "\"} " +
             std::to_string(total) + "\n";
    }
    const auto sum_us = latencies_[row].sum_us.load(std::memory_order_relaxed);
    out += "troupe_gateway_request_seconds_sum{" + label + "} " +
           decimal(static_cast<double>(sum_us) / 1e6) + "\n";
    out += "troupe_gateway_request_seconds_count{" + label + "} " + std::to_string(total) + "\n";
  }
  const auto gauge = [&](std::string_view name, std::string_view help, std::uint32_t now) {
    out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name);
    out.append(" gauge\n").append(name).append(" " + std::to_string(now) + "\n");
  };
  gauge("troupe_gateway_in_flight", "Requests that wait for the cluster.", in_flight.load());
  gauge("troupe_gateway_connections", "Open HTTP connections.", connections.load());
  return out;
}

} // namespace troupe::gateway
