#include "actors/mybnb/review.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::mybnb;

namespace {

const turn_info eighth{aggregate_id{8}, 1'000, {}};
const review_terms terms{3, 1, "호텔", "Superman", "배트맨", "20201010", 5};
using decided = decision<review::event>;

} // namespace

TEST_CASE("a review is registered; the text stays inside", "[mybnb]") {
  const review_state written{terms, "good"};
  const decided expected =
      accept(review_registered{terms, 8, "ReviewRegistered"}, review_worded{"good"});
  CHECK(review::decide({}, write_review{written}, eighth) == expected);
  auto now = review::evolve({}, review_registered{terms, 8, "ReviewRegistered"});
  CHECK(now == review_state{terms, {}});
  CHECK(review::evolve(now, review_worded{"good"}) == written);
}

TEST_CASE("the published event of a review does not carry the text", "[mybnb]") {
  for (const auto& each : describe<review_registered>().fields)
    CHECK(each.name != "content");
}
