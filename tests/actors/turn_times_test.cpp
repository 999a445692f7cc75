#include "actors/turn_times.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace std::chrono_literals;

TEST_CASE("a busy actor keeps its place among the measured ones", "[top]") {
  turn_times of;
  CHECK_FALSE(of.p99_us({7}));
  for (std::int64_t id = 1; id <= 20'000; ++id) { // one turn each: nobody is busy
    of.note({id}, 50us);
    of.note({7}, 3ms); // but this one
  }
  REQUIRE(of.p99_us({7}));
  CHECK(of.p99_us({7}).value() >= 3'000);
  REQUIRE(of.slowest(3).size() == 3);
  CHECK(of.slowest(3).front().first == aggregate_id{7});
  CHECK(of.p99_us().value() >= 3'000); // half of all turns
  CHECK(of.slowest(10'000).size() <= turn_times::places);
}
