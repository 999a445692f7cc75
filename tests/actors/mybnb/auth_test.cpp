#include "actors/mybnb/auth.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::mybnb;

namespace {

const turn_info seventh{aggregate_id{7}, 1'000, {}};
const approve command{{7, "호텔", "Superman"}};
const auth_state approved{{7, "호텔", "Superman"}, "AuthApproved"};
using decided = decision<auth::event>;

} // namespace

TEST_CASE("a room is approved under its id", "[mybnb]") {
  const auth_approved event{approved, 7};
  CHECK(auth::decide({}, command, seventh) == decided{accept(event)});
  CHECK(auth::evolve({}, event) == approved);
  CHECK(auth::exists(approved));
}

TEST_CASE("approving again changes nothing, and approving otherwise replaces", "[mybnb]") {
  CHECK(auth::decide(approved, command, seventh) == decided{accept()});
  const auth_approved other{{{7, "호텔", "Batman"}, "AuthApproved"}, 7};
  CHECK(auth::decide(approved, approve{{7, "호텔", "Batman"}}, seventh) == decided{accept(other)});
}

TEST_CASE("an approval whose room never came to be vanishes, and others hear of it", "[mybnb]") {
  CHECK(auth::compensate(approved, command, seventh) == decided{accept(auth_voided{7})});
  CHECK_FALSE(auth::exists(auth::evolve(approved, auth_voided{7})));
}

TEST_CASE("an approval that is gone does not vanish again", "[mybnb]") {
  CHECK(auth::compensate({}, command, seventh) == decided{accept()});
}
