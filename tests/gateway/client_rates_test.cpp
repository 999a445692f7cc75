#include "net/gateway/client_rates.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;
using namespace troupe::gateway;
using namespace std::chrono_literals;

namespace {
constexpr monotonic_time start{1h};
} // namespace

TEST_CASE("each address has a bucket of its own") {
  client_rates rates{{1, 2}};
  CHECK(rates.take("10.0.0.1", start).granted);
  CHECK(rates.take("10.0.0.1", start).granted);
  CHECK_FALSE(rates.take("10.0.0.1", start).granted);
  CHECK(rates.take("10.0.0.2", start).granted);
  CHECK(rates.take("10.0.0.1", start + 1s).granted);
  CHECK(rates.size() == 2);
}

TEST_CASE("a flood of addresses does not grow the table, and shares one bucket") {
  client_rates rates{{1, 2}, 3};
  for (int i = 0; i < 3; ++i)
    CHECK(rates.take("known " + std::to_string(i), start).granted);
  int granted = 0;
  for (int i = 0; i < 100; ++i)
    granted += rates.take("stranger " + std::to_string(i), start).granted ? 1 : 0;
  CHECK(granted == 2);
  CHECK(rates.size() == 3);
  CHECK(rates.take("known 1", start).granted); // those who were there are served as before
  // The ones that have rested make room.
  CHECK(rates.take("newcomer", start + 1min).granted);
  CHECK(rates.size() == 1);
}
