#include "messages/screening.hpp"
#include "tests/actors/random_walk.hpp"

#include <catch2/catch.hpp>

/// The screening system as a whole, under accidents: no place is lost or given twice, every
/// screening ends once, and ledger and my page end as it does.
namespace troupe::screening {
namespace {

using namespace troupe::test;
using namespace std::chrono_literals;

const std::string screenings = "screening.screening";
const std::string hospitals = "screening.hospital";
const std::string reservations = "screening.reservation";
const std::string my_pages = "screening.myPage";

std::string text(const value& of, std::string_view field) {
  const auto* held = of.find(field);
  const auto* found = held == nullptr ? nullptr : held->get_if<std::string>();
  return found == nullptr ? std::string{} : *found;
}
std::int64_t number(const value& of, std::string_view field) {
  const auto* held = of.find(field);
  const auto* found = held == nullptr ? nullptr : held->get_if<std::int64_t>();
  return found == nullptr ? -1 : *found;
}
bool is_live(std::string_view status) {
  return status == status_requested || status == status_completed;
}

request any_command(random_walk& walk) {
  const auto what = walk.below(100);
  auto& node = walk.node();
  const aggregate_id slot{walk.number(1, 6)};
  const aggregate_id booked{walk.number(1, 12)};
  if (what < 20)
    return simulated_node::command(hospitals, {},
                                   register_hospital{"Samsung", "20200910", walk.number(0, 4)},
                                   node.fresh_id());
  if (what < 60)
    return simulated_node::command(screenings, {},
                                   request_screening{slot.number, "Samsung", "20200910", "Kim"},
                                   node.fresh_id());
  if (what < 82)
    return simulated_node::command(screenings, booked, cancel_screening{"Canceled"},
                                   node.fresh_id());
  if (what < 92)
    return simulated_node::command(hospitals, slot, change_hospital{{}, {}, walk.number(0, 4)},
                                   node.fresh_id());
  return simulated_node::command(hospitals, slot, delete_hospital{}, node.fresh_id());
}

/// Free places and those of live screenings are the registered ones, at every hospital there is;
/// at the others no screening lives.
void check_places(simulated_node& node) {
  std::map<std::int64_t, std::int64_t> held;
  const auto slots = node.list(hospitals);
  for (const auto& [id, each] : node.list(screenings)) {
    INFO("screening " << id << " is " << text(each, "status"));
    const auto slot = number(each, "hospitalId");
    if (is_live(text(each, "status"))) {
      CHECK(slots.count(slot) == 1);
      ++held[slot];
    }
    if (text(each, "status") == status_force_canceled) CHECK(slots.count(slot) == 0);
  }
  for (const auto& [id, each] : slots) {
    INFO("hospital " << id);
    CHECK(number(each, "pcnt") >= 0);
    CHECK(number(each, "registered") - number(each, "pcnt") == held[id]);
  }
}

void check_followers(simulated_node& node) {
  const auto all = node.list(screenings);
  const auto ledger = node.list(reservations);
  const auto pages = node.list(my_pages);
  REQUIRE(ledger.size() == all.size());
  REQUIRE(pages.size() == all.size());
  for (const auto& [id, each] : all) {
    INFO("screening " << id);
    CHECK(text(each, "status") != status_requested); // the ledger has answered by now
    REQUIRE(ledger.count(id) == 1);
    REQUIRE(pages.count(id) == 1);
    CHECK(text(ledger.at(id), "status") == text(each, "status"));
    CHECK(text(pages.at(id), "status") == text(each, "status"));
    CHECK(text(ledger.at(id), "hospitalId") == std::to_string(number(each, "hospitalId")));
    CHECK(number(pages.at(id), "screeningId") == id);
  }
}

using tally = std::map<std::string, int>;

/// Notes by the way how screenings ended.
void check_endings(random_walk& walk, tally& seen) {
  auto times = walk.events_of(screenings);
  for (const auto& [id, each] : walk.node().list(screenings)) {
    INFO("screening " << id);
    ++seen[text(each, "status")];
    CHECK(times[{id, "Requested"}] == 1);
    CHECK(times[{id, "RequestCompleted"}] <= 1);
    const bool over = !is_live(text(each, "status"));
    CHECK(times[{id, "Canceled"}] + times[{id, "ForceCanceled"}] == (over ? 1 : 0));
  }
}

struct small_hospital {
  simulated_node node{behaviours_of("screening"), {.shards = 2, .lanes = 2}};
  aggregate_id slot;
  small_hospital() {
    slot = node.say(hospitals, {}, register_hospital{"Samsung", "20200910", 2}).reply().target;
  }
  said book(const char* who = "Kim") {
    return node.say(screenings, {}, request_screening{slot.number, "Samsung", "20200910", who});
  }
  count free() { return node.get(hospitals, slot.number).as<hospital_state>().places; }
  std::string status(aggregate_id of) {
    return node.get(screenings, of.number).as<screening_state>().status.value();
  }
  std::string entry(aggregate_id of) {
    return node.get(reservations, of.number).as<reservation_state>().status.value();
  }
  std::string page(aggregate_id of) {
    return node.get(my_pages, of.number).as<my_page_row>().status.value();
  }
  void check_all(aggregate_id of, std::string_view expected) {
    CHECK(status(of) == expected);
    CHECK(entry(of) == expected);
    CHECK(page(of) == expected);
  }
};

} // namespace

TEST_CASE("screenings under accidents: places add up, one end each, and all agree on it",
          "[screening][property]") {
  const auto [first, end] = random_walk::seeds();
  tally seen;
  for (auto seed = first; seed < end; ++seed) {
    INFO("replay with: TROUPE_SEED=" << seed << " test_actors '[screening][property]'");
    random_walk walk{"screening", seed, any_command};
    walk.live(80);
    walk.check_answers();
    check_places(walk.node());
    check_followers(walk.node());
    check_endings(walk, seen);
    walk.check_rebuild();
  }
  if (end - first == 1) return; // a replay need not show everything
  for (const auto end_of_one : {status_completed, status_canceled, status_force_canceled}) {
    INFO(end_of_one);
    CHECK(seen[std::string{end_of_one}] > 50);
  }
}

TEST_CASE("a screening takes its place at once and is completed by the ledger", "[screening]") {
  small_hospital by;
  const auto kim = by.book();
  CHECK(kim.as<screening_state>() ==
        screening_state{by.slot.number, "Samsung", "20200910", "Kim", "REQUESTED"});
  CHECK(by.free() == 1);
  by.node.pass(100ms);
  by.check_all(kim.reply().target, "REQUEST_COMPLETED");
  CHECK(by.node.get(reservations, kim.reply().target.number).as<reservation_state>() ==
        reservation_state{kim.reply().target.number, std::to_string(by.slot.number), "Samsung",
                          "Kim", "REQUEST_COMPLETED"});
}

TEST_CASE("without a place, a hospital or its context there is no screening, and no trace",
          "[screening]") {
  small_hospital by;
  (void)by.book();
  (void)by.book();
  CHECK(by.book().failure().reason == "NO_CAPACITY");
  CHECK(by.node.say(screenings, {}, request_screening{99, {}, {}, "Kim"}).failure().reason ==
        "UNKNOWN_HOSPITAL");
  by.node.stop(hospitals);
  CHECK(by.book().failure().code == errc::callee_failed);
  by.node.start(hospitals);
  by.node.pass(1'000ms);
  CHECK(by.free() == 0);
  for (const auto& context : {screenings, reservations, my_pages})
    CHECK(by.node.list(context).size() == 2);
}

TEST_CASE("a place taken for a screening that gave up waiting is returned", "[screening]") {
  small_hospital by;
  by.node.hold(hospitals);
  const auto late = by.node.post(screenings, {}, request_screening{by.slot.number, {}, {}, "Kim"},
                                 by.node.fresh_id());
  by.node.pass(1'500ms);
  CHECK(by.node.heard(late).failure().code == errc::ask_timeout);
  by.node.release(hospitals); // first the ask, then its void
  by.node.pass(10'000ms);
  CHECK(by.free() == 2);
  CHECK(by.node.list(screenings).empty());
}

TEST_CASE("a cancelled screening returns its place once", "[screening]") {
  small_hospital by;
  const auto kim = by.book().reply().target;
  by.node.pass(100ms);
  REQUIRE(by.node.say(screenings, kim, cancel_screening{"Canceled"}).ok());
  REQUIRE(by.node.say(screenings, kim, cancel_screening{"CANCELED"}).ok());
  by.node.pass(100ms);
  CHECK(by.free() == 2);
  by.check_all(kim, "CANCELED");
}

TEST_CASE("a screening cancelled before the ledger answered stays cancelled", "[screening]") {
  small_hospital by;
  by.node.stop(reservations);
  const auto kim = by.book().reply().target;
  REQUIRE(by.node.say(screenings, kim, cancel_screening{"CANCELED"}).ok());
  by.node.pass(100ms);
  CHECK(by.page(kim) == "CANCELED");
  by.node.start(reservations);
  by.node.pass(1'000ms);
  by.check_all(kim, "CANCELED");
}

TEST_CASE("a deleted hospital takes its live screenings along", "[screening]") {
  small_hospital by;
  const auto kim = by.book("Kim").reply().target;
  const auto lee = by.book("Lee").reply().target;
  by.node.pass(100ms);
  REQUIRE(by.node.say(screenings, kim, cancel_screening{"CANCELED"}).ok());
  REQUIRE(by.node.say(hospitals, by.slot, delete_hospital{}).ok());
  by.node.pass(1'000ms);
  by.check_all(kim, "CANCELED");
  by.check_all(lee, "FORCE_CANCELED");
  CHECK(by.node.get(hospitals, by.slot.number).failure().code == errc::not_found);
  CHECK(by.book().failure().reason == "UNKNOWN_HOSPITAL");
}

TEST_CASE("an entry made after the deletion passed by ends as its screening", "[screening]") {
  small_hospital by;
  by.node.stop(screenings); // the ledger hears of the deletion first, of the request later
  by.node.start(screenings);
  by.node.stop(reservations);
  const auto kim = by.book().reply().target;
  by.node.stop(screenings);
  REQUIRE(by.node.say(hospitals, by.slot, delete_hospital{}).ok());
  by.node.start(reservations);
  by.node.pass(1'000ms);
  by.node.start(screenings);
  by.node.pass(5'000ms);
  by.check_all(kim, "FORCE_CANCELED");
}

TEST_CASE("a hospital that was stopped takes the places back that were returned meanwhile",
          "[screening]") {
  small_hospital by;
  const auto kim = by.book().reply().target;
  by.node.pass(100ms);
  by.node.stop(hospitals);
  REQUIRE(by.node.say(screenings, kim, cancel_screening{"CANCELED"}).ok());
  by.node.pass(100ms);
  by.node.start(hospitals);
  by.node.pass(5'000ms);
  CHECK(by.free() == 2);
}

} // namespace troupe::screening
