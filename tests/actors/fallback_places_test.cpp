#include "actors/fallback_places.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace std::chrono_literals;

TEST_CASE("fallbacks have ten places", "[fallback]") {
  fallback_places places;
  for (std::uint32_t i = 0; i < fallback_places::at_once_max; ++i)
    CHECK(places.enter());
  CHECK_FALSE(places.enter());
  CHECK(places.seen() == fallback_places::figures{10, 10, 1});
  places.leave();
  CHECK(places.enter());
  CHECK(places.seen() == fallback_places::figures{10, 11, 1});
}

TEST_CASE("fallbacks are told of at once and then once a minute", "[fallback]") {
  fallback_places places;
  monotonic_time now{1h};
  CHECK(places.to_tell(now) == 0); // nothing happened yet
  const auto use = [&] {
    REQUIRE(places.enter());
    places.leave();
  };
  use();
  CHECK(places.to_tell(now) == 1);
  use();
  use();
  CHECK(places.to_tell(now + 59s) == 0);
  CHECK(places.to_tell(now + 60s) == 2);
  use();
  CHECK(places.to_tell(now + 61s) == 0);
  CHECK(places.to_tell(now + 10min) == 1);
  CHECK(places.to_tell(now + 20min) == 0);
}
