#include "supervisors/bulkhead.hpp"

#include <catch2/catch.hpp>

using troupe::bulkhead;

TEST_CASE("a bulkhead refuses whoever comes when all places are taken") {
  bulkhead places{2};
  CHECK(places.enter());
  CHECK(places.enter());
  CHECK_FALSE(places.enter());
  CHECK(places.refused() == 1);
  CHECK(places.in_flight() == 2);
  places.leave();
  CHECK(places.enter());
}

TEST_CASE("a bulkhead has 128 places unless told otherwise") {
  bulkhead places;
  for (int taken = 0; taken < 128; ++taken)
    REQUIRE(places.enter());
  CHECK_FALSE(places.enter());
}

TEST_CASE("a place given back too often makes no new one") {
  bulkhead places{1};
  places.leave();
  CHECK(places.enter());
  CHECK_FALSE(places.enter());
}
