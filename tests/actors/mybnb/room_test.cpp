#include "actors/mybnb/room.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::mybnb;

namespace {

const turn_info seventh{aggregate_id{7}, 1'000, {}};
const room_terms hotel{"호텔", 1000, "서울", "Superman"};
const room_state known{hotel, true};
using decided = decision<room::event>;

} // namespace

TEST_CASE("registering a room asks auth to approve it under the room's id", "[mybnb]") {
  const decided expected = ask("mybnb.auth", aggregate_id{7}, approve{{7, "호텔", "Superman"}});
  CHECK(room::decide({}, register_room{hotel}, seventh) == expected);
}

TEST_CASE("once a room is approved, it is registered", "[mybnb]") {
  const room_registered event{{hotel, 7}};
  const auth_state approved{{7, "호텔", "Superman"}, "AuthApproved"};
  CHECK(room::settle({}, register_room{hotel}, approved, seventh) == decided{accept(event)});
  CHECK(room::evolve({}, event) == known);
  CHECK(room::exists(known));
}

TEST_CASE("a room of which nothing is said exists as well", "[mybnb]") {
  const decided expected = ask("mybnb.auth", aggregate_id{7}, approve{{7, {}, {}}});
  CHECK(room::decide({}, register_room{}, seventh) == expected);
  CHECK(room::exists(room::evolve({}, room_registered{{{}, 7}})));
  CHECK_FALSE(room::exists({}));
}

TEST_CASE("a change keeps what it does not name", "[mybnb]") {
  const room_terms dearer{"호텔", 2000, "서울", "Superman"};
  const room_changed event{{dearer, 7}};
  CHECK(room::decide(known, change_room{{{}, 2000, {}, {}}}, seventh) == decided{accept(event)});
  CHECK(room::evolve(known, event) == room_state{dearer, true});
  const room_terms other{"펜션", 1500, "양평", "Batman"};
  CHECK(room::decide(known, change_room{other}, seventh) ==
        decided{accept(room_changed{{other, 7}})});
}

TEST_CASE("a replacement forgets what it does not name", "[mybnb]") {
  const room_terms bare{"민박", {}, {}, "Superman"};
  CHECK(room::decide(known, replace_room{bare}, seventh) ==
        decided{accept(room_changed{{bare, 7}})});
}

TEST_CASE("a change or replacement that changes nothing records nothing", "[mybnb]") {
  CHECK(room::decide(known, change_room{}, seventh) == decided{accept()});
  CHECK(room::decide(known, change_room{{{}, 1000, {}, {}}}, seventh) == decided{accept()});
  CHECK(room::decide(known, replace_room{hotel}, seventh) == decided{accept()});
}

TEST_CASE("a withdrawn room is gone", "[mybnb]") {
  const room_deleted event{{hotel, 7}};
  CHECK(room::decide(known, withdraw_room{}, seventh) == decided{accept(event)});
  CHECK_FALSE(room::exists(room::evolve(known, event)));
}
