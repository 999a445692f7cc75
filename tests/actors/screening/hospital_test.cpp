#include "actors/screening/hospital.hpp"

#include <catch2/catch.hpp>

namespace troupe::screening {
namespace {

const turn_info first{aggregate_id{1}, 1'000, {}};
using decided = decision<hospital::event>;

hospital_state with_places(count places, std::int64_t registered) {
  return {"Samsung", "20200910", places, registered};
}
hospital_facts told(count places) {
  return {1, "Samsung", "20200910", places};
}

void check_malformed(const decided& refused) {
  REQUIRE(refused.as_rejection() != nullptr);
  CHECK(refused.as_rejection()->code == errc::malformed);
  CHECK(refused.as_rejection()->message.find("pcnt") != std::string::npos);
}

TEST_CASE("a registered slot has all its places free", "[screening]") {
  const hospital_registered registered{told(20)};
  CHECK(hospital::decide({}, register_hospital{"Samsung", "20200910", 20}, first) ==
        decided{accept(registered)});
  CHECK(hospital::evolve({}, registered) == with_places(20, 20));
  CHECK(hospital::exists(with_places(20, 20)));
}

TEST_CASE("a slot registered without anything is there and has no place", "[screening]") {
  const hospital_registered registered{{1, {}, {}, {}}};
  CHECK(hospital::decide({}, register_hospital{}, first) == decided{accept(registered)});
  const hospital_state bare{{}, {}, {}, 0};
  CHECK(hospital::evolve({}, registered) == bare);
  CHECK(hospital::exists(bare));
  CHECK(hospital::decide(bare, take_place{}, first).as_rejection()->reason == "NO_CAPACITY");
  CHECK(hospital::decide(bare, return_place{}, first) == decided{accept()});
}

TEST_CASE("a number of places that no slot can have is malformed", "[screening]") {
  for (const std::int64_t places : {std::int64_t{-1}, hospital::places_max + 1}) {
    check_malformed(hospital::decide({}, register_hospital{"SK", {}, places}, first));
    check_malformed(hospital::decide(with_places(1, 1), change_hospital{{}, {}, places}, first));
  }
  CHECK(hospital::decide({}, register_hospital{"SK", {}, hospital::places_max}, first)
            .as_accepted() != nullptr);
}

TEST_CASE("taking a place leaves one less and says how many are left", "[screening]") {
  CHECK(hospital::decide(with_places(20, 20), take_place{}, first) ==
        decided{accept(hospital_changed{told(19)}).reply(place_taken{19})});
  CHECK(hospital::evolve(with_places(20, 20), hospital_changed{told(19)}) == with_places(19, 20));
}

TEST_CASE("the last place can be taken, and no other after it", "[screening]") {
  CHECK(hospital::decide(with_places(1, 20), take_place{}, first) ==
        decided{accept(hospital_changed{told(0)}).reply(place_taken{0})});
  const auto refused = hospital::decide(with_places(0, 20), take_place{}, first);
  REQUIRE(refused.as_rejection() != nullptr);
  CHECK(refused.as_rejection()->code == errc::rejected);
  CHECK(refused.as_rejection()->reason == "NO_CAPACITY");
}

TEST_CASE("a returned place is free again", "[screening]") {
  CHECK(hospital::decide(with_places(0, 20), return_place{}, first) ==
        decided{accept(hospital_changed{told(1)})});
}

TEST_CASE("no more places are free than were registered", "[screening]") {
  CHECK(hospital::decide(with_places(20, 20), return_place{}, first) == decided{accept()});
}

TEST_CASE("the place of a screening that never came to be is given back", "[screening]") {
  CHECK(hospital::compensate(with_places(19, 20), take_place{}, first) ==
        decided{accept(hospital_changed{told(20)})});
  CHECK(hospital::compensate({}, take_place{}, first) == decided{accept()}); // deleted meanwhile
}

TEST_CASE("a change of name and date keeps the places", "[screening]") {
  const hospital_changed renamed{{1, "SK", "20200911", 19}};
  CHECK(hospital::decide(with_places(19, 20), change_hospital{"SK", "20200911", {}}, first) ==
        decided{accept(renamed)});
  CHECK(hospital::evolve(with_places(19, 20), renamed) == hospital_state{"SK", "20200911", 19, 20});
}

TEST_CASE("a change that repeats what is so changes nothing", "[screening]") {
  CHECK(hospital::decide(with_places(19, 20), change_hospital{}, first) == decided{accept()});
  CHECK(hospital::decide(with_places(19, 20), change_hospital{"Samsung", "20200910", 19}, first) ==
        decided{accept()});
}

TEST_CASE("setting the free places registers the capacity anew, taken places included",
          "[screening]") {
  const hospital_changed changed{told(5)};
  CHECK(hospital::decide(with_places(17, 20), change_hospital{{}, {}, 5}, first) ==
        decided{accept(changed, capacity_set{8})});
  auto now = hospital::evolve(with_places(17, 20), changed);
  now = hospital::evolve(now, capacity_set{8});
  CHECK(now == with_places(5, 8));
  for (int i = 0; i < 3; ++i) // the three that were taken come back, and no fourth
    now = hospital::evolve(
        now, std::get<hospital_changed>(
                 hospital::decide(now, return_place{}, first).as_accepted()->events.front()));
  CHECK(now == with_places(8, 8));
  CHECK(hospital::decide(now, return_place{}, first) == decided{accept()});
}

TEST_CASE("a deleted slot says what it was and is gone", "[screening]") {
  CHECK(hospital::decide(with_places(19, 20), delete_hospital{}, first) ==
        decided{accept(hospital_deleted{told(19)})});
  CHECK_FALSE(hospital::exists(hospital::evolve(with_places(19, 20), hospital_deleted{told(19)})));
}

TEST_CASE("policy ReturnPlace gives the place back at the screening's hospital", "[screening]") {
  const canceled event{{7, 4, "SK", "20200911", "Kim", "CANCELED"}};
  CHECK(give_place_back(event) == reactions{send(aggregate_id{4}, return_place{})});
  CHECK(give_place_back(canceled{{7, {}, {}, {}, {}, "CANCELED"}}).empty());
}

} // namespace
} // namespace troupe::screening
