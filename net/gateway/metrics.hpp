#pragma once

#include "messages/metric_page.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace troupe::gateway {

/// What a request was about, the label of its counters.
enum class request_class : std::uint8_t { command, get, list, query, page, platform, refused };
inline constexpr std::size_t request_classes = 7;

[[nodiscard]] std::string_view request_class_name(request_class of);

/// Counters behind `/metrics`. Any thread; relaxed, so a scrape may be a request behind.
class metrics {
public:
  static constexpr std::array<double, 12> bounds_ms{0.5, 1,   2.5, 5,    10,   25,
                                                    50,  100, 250, 1000, 2500, 10'000};

  void count(request_class of, std::uint16_t status, std::chrono::nanoseconds took);
  /// Requests that wait for the cluster, and open connections.
  std::atomic<std::uint32_t> in_flight{0};
  std::atomic<std::uint32_t> connections{0};

  void add_to(metric_page& to) const;

private:
  static constexpr std::size_t statuses = 600;
  using counter = std::atomic<std::uint64_t>;

  struct latency {
    std::array<counter, bounds_ms.size() + 1> buckets{};
    counter sum_us{0};
  };
  std::array<std::array<counter, statuses>, request_classes> requests_{};
  std::array<latency, request_classes> latencies_{};
};

} // namespace troupe::gateway
