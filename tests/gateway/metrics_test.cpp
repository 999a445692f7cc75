#include "net/gateway/metrics.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::gateway;

TEST_CASE("requests are counted by class and status, and times fall into cumulative buckets") {
  metrics counters;
  counters.count(request_class::command, 201, std::chrono::milliseconds{3});
  counters.count(request_class::command, 201, std::chrono::milliseconds{30'000});
  counters.in_flight = 4;
  metric_page page;
  counters.add_to(page);
  const std::string text = page.text();
  const auto has = [&](std::string_view line) { return text.find(line) != std::string::npos; };
  CHECK(has("troupe_gateway_requests_total{class=\"command\",status=\"201\"} 2\n"));
  CHECK(has("troupe_gateway_request_duration_seconds_bucket{class=\"command\",le=\"0.0025\"} 0\n"));
  CHECK(has("troupe_gateway_request_duration_seconds_bucket{class=\"command\",le=\"0.005\"} 1\n"));
  CHECK(has("troupe_gateway_request_duration_seconds_bucket{class=\"command\",le=\"+Inf\"} 2\n"));
  CHECK(has("troupe_gateway_request_duration_seconds_count{class=\"command\"} 2\n"));
  CHECK(has("troupe_gateway_in_flight_requests 4\n"));
}
