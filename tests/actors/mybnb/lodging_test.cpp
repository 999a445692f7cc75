#include "actors/mybnb/alarm.hpp"
#include "messages/mybnb.hpp"
#include "tests/actors/random_walk.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::mybnb;
using namespace std::chrono_literals;

/// The mybnb system as a whole: what was asked for and came to nothing leaves no trace, payments
/// are a history, and alarms tell of exactly what happened.
namespace {

const std::string rooms = "mybnb.room";
const std::string auths = "mybnb.auth";
const std::string bookings = "mybnb.booking";
const std::string payments = "mybnb.pay";
const std::string reviews = "mybnb.review";
const std::string alarms = "mybnb.alarm";
const std::string my_page = "mybnb.mypage";

const room_terms hotel{"호텔", 1000, "서울", "Superman"};
const stay night{1, "호텔", 1000, "서울", "Superman", "배트맨", "20201010"};

write_review review_of(std::int64_t booking, std::int64_t score) {
  return {{{booking, 1, "호텔", "Superman", "배트맨", "20201010", score}, "good"}};
}

using alarm_list = std::map<std::int64_t, std::string>; ///< id → receiver and message

void expect(alarm_list& to, const reactions& told) {
  for (const auto& each : told) {
    const auto said = decoded<notify>(each.payload).value();
    to[each.target.number] = *said.receiver + " " + *said.message;
  }
}

alarm_list told(simulated_node& node) {
  alarm_list all;
  for (const auto& [id, row] : node.list(alarms))
    all[id] = *row.find("receiver")->get_if<std::string>() + " " +
              *row.find("message")->get_if<std::string>();
  return all;
}

std::int64_t number_in(const value& row, std::string_view field) {
  return *row.find(field)->get_if<std::int64_t>();
}

request any_command(random_walk& walk) {
  auto& node = walk.node();
  const aggregate_id id{walk.number(1, 12)};
  const auto fresh = node.fresh_id();
  switch (walk.below(12)) {
  case 0:
  case 1:
    return simulated_node::command(rooms, {}, register_room{hotel}, fresh);
  case 2:
    return simulated_node::command(rooms, id, change_room{{{}, 2000, {}, {}}}, fresh);
  case 3:
    return simulated_node::command(rooms, id, replace_room{{"민박", {}, {}, "Batman"}}, fresh);
  case 4:
    return simulated_node::command(rooms, id, withdraw_room{}, fresh);
  case 5:
  case 6:
    return simulated_node::command(bookings, id, cancel_booking{}, fresh);
  case 7:
    return simulated_node::command(reviews, {}, review_of(id.number, walk.number(1, 5)), fresh);
  default:
    return simulated_node::command(bookings, {}, book{night}, fresh);
  }
}

using ids = std::set<std::int64_t>;

/// Aggregates that this happened to. Nothing but a review happens to one twice.
ids seen(random_walk& walk, const std::string& context, const std::string& event) {
  ids found;
  for (const auto& [what, times] : walk.events_of(context)) {
    if (what.second != event) continue;
    found.insert(what.first);
    if (event != "BookingReviewed") CHECK(times == 1);
  }
  return found;
}

ids listed(random_walk& walk, const std::string& context) {
  ids found;
  for (const auto& [id, row] : walk.node().list(context))
    found.insert(id);
  return found;
}

/// Each room is approved, and nothing else is.
void check_rooms(random_walk& walk, alarm_list& expected) {
  const auto approved = listed(walk, auths);
  CHECK(approved == seen(walk, rooms, "RoomRegistered"));
  for (const auto id : approved)
    expect(expected, tell_approval(auth_approved{{{id, {}, "Superman"}, {}}, id}));
  auto there = approved;
  for (const auto gone : seen(walk, rooms, "RoomDeleted"))
    there.erase(gone);
  CHECK(listed(walk, rooms) == there);
}

/// Each booking is paid once, each cancelled one paid back once, and nothing else is.
void check_payments(random_walk& walk, const ids& all, const ids& canceled, alarm_list& expected) {
  std::map<std::string, std::multiset<std::int64_t>> paid;
  for (const auto& [id, row] : walk.node().list(payments)) {
    const auto status = *row.find("status")->get_if<std::string>();
    paid[status].insert(number_in(row, "bookId"));
    const payment_event event{{{night, {}}, {}}, id};
    expect(expected, status == "PayApproved" ? tell_payment(pay_approved{event})
                                             : tell_refund(pay_canceled{event}));
  }
  CHECK(paid["PayApproved"] == std::multiset<std::int64_t>(all.begin(), all.end()));
  CHECK(paid["PayCanceled"] == std::multiset<std::int64_t>(canceled.begin(), canceled.end()));
}

void check_bookings(random_walk& walk, alarm_list& expected) {
  const auto all = seen(walk, bookings, "Booked");
  const auto canceled = seen(walk, bookings, "BookCanceled");
  const auto reviewed = seen(walk, bookings, "BookingReviewed");
  check_payments(walk, all, canceled, expected);
  auto there = all;
  for (const auto gone : canceled)
    there.erase(gone);
  CHECK(listed(walk, bookings) == there);
  const auto rows = walk.node().list(my_page);
  CHECK(rows.size() == all.size());
  for (const auto id : all) {
    INFO("booking " << id);
    expect(expected, tell_booking(booked{{night, id, {}}}));
    const bool off = canceled.count(id) == 1;
    const bool rated = reviewed.count(id) == 1;
    if (off) expect(expected, tell_cancellation(book_canceled{{night, id, {}}}));
    REQUIRE(rows.count(id) == 1);
    const std::string status = off ? "PayCanceled" : rated ? "ReviewRegistered" : "Booked";
    CHECK(*rows.at(id).find("status") == value{status});
    CHECK(rows.at(id).find("score")->is_null() != rated);
  }
}

/// Notes by the way how many bookings there were.
void check_lodging(random_walk& walk, std::size_t& made) {
  alarm_list expected;
  check_rooms(walk, expected);
  check_bookings(walk, expected);
  for (const auto id : listed(walk, reviews))
    expect(expected, tell_review(review_registered{{{}, {}, {}, "Superman", {}, {}, {}}, id, {}}));
  CHECK(told(walk.node()) == expected);
  made += listed(walk, my_page).size();
}

struct served {
  simulated_node node{behaviours_of("mybnb"), {.shards = 2, .lanes = 2}};
  std::int64_t booking() { return node.say(bookings, {}, book{night}).reply().target.number; }
  my_page_row page(std::int64_t id) { return node.get(my_page, id).as<my_page_row>(); }
  /// Nothing was ever approved, paid or told.
  void check_no_trace() {
    for (const auto& each : {rooms, auths, bookings, payments, alarms, my_page}) {
      INFO(each);
      CHECK(node.list(each).empty());
    }
  }
};

} // namespace

TEST_CASE("lodging under accidents: one effect each, no orphans, all of it from the journals",
          "[mybnb][property]") {
  const auto [first, end] = random_walk::seeds();
  std::size_t made = 0;
  for (auto seed = first; seed < end; ++seed) {
    INFO("replay with: TROUPE_SEED=" << seed << " test_actors '[mybnb][property]'");
    random_walk walk{"mybnb", seed, any_command};
    walk.live(60);
    walk.check_answers();
    check_lodging(walk, made);
    walk.check_rebuild();
  }
  if (end - first > 1) CHECK(made > 200); // a replay need not show everything
}

TEST_CASE("a registered room is approved at once, and its host hears of it", "[mybnb]") {
  served by;
  const auto made = by.node.say(rooms, {}, register_room{hotel});
  CHECK(made.as<room_state>() == room_state{hotel, true});
  const auto id = made.reply().target.number;
  CHECK(by.node.get(auths, id).as<auth_state>() ==
        auth_state{{id, "호텔", "Superman"}, "AuthApproved"});
  by.node.pass(100ms);
  alarm_list expected;
  expect(expected, tell_approval(auth_approved{{{id, {}, "Superman"}, {}}, id}));
  CHECK(told(by.node) == expected);
}

TEST_CASE("a booking that is cancelled leaves two payments and eight alarms", "[mybnb]") {
  served by;
  const auto id = by.booking();
  const auto paid = by.node.list(payments);
  REQUIRE(paid.size() == 1); // at once: the booking was made after it
  CHECK(*paid.begin()->second.find("status") == value{"PayApproved"});
  CHECK(number_in(paid.begin()->second, "bookId") == id);
  by.node.pass(100ms);
  CHECK(told(by.node).size() == 4);
  CHECK(by.page(id) == my_page_row{{{night, id}, "Booked"}, {}});
  REQUIRE(by.node.say(bookings, {id}, cancel_booking{}).ok());
  by.node.pass(100ms);
  CHECK(by.node.get(bookings, id).failure().code == errc::not_found);
  CHECK(by.node.say(bookings, {id}, cancel_booking{}).failure().code == errc::not_found);
  CHECK(by.node.list(payments).size() == 2);
  CHECK(told(by.node).size() == 8);
  CHECK(by.page(id).status == "PayCanceled");
}

TEST_CASE("a payment that comes too late is voided with everything it led to", "[mybnb]") {
  served by;
  by.node.hold(payments);
  const auto of = by.node.post(bookings, {}, book{night}, by.node.fresh_id());
  by.node.pass(1'010ms);
  CHECK(by.node.heard(of).failure().code == errc::ask_timeout);
  by.node.release(payments);
  by.node.pass(10'000ms);
  CHECK(by.node.list(payments).empty());
  by.check_no_trace();
}

TEST_CASE("an approval that comes too late is voided with everything it led to", "[mybnb]") {
  served by;
  by.node.hold(auths);
  const auto of = by.node.post(rooms, {}, register_room{hotel}, by.node.fresh_id());
  by.node.pass(1'010ms);
  CHECK(by.node.heard(of).failure().code == errc::ask_timeout);
  by.node.release(auths);
  by.node.pass(10'000ms);
  by.check_no_trace();
}

TEST_CASE("what was told of a payment is taken back with it, also while alarm is down", "[mybnb]") {
  served by;
  const auto down = GENERATE(false, true);
  auto asked = by.node.command(payments, {}, pay{{night, 1}}, by.node.fresh_id());
  REQUIRE(by.node.say(asked, true).ok());
  by.node.pass(100ms);
  CHECK(told(by.node).size() == 2);
  if (down) by.node.stop(alarms);
  asked.kind = request_kind::void_ask;
  REQUIRE(by.node.say(asked, true).ok());
  by.node.pass(100ms);
  if (down) by.node.start(alarms);
  by.node.pass(10'000ms);
  by.check_no_trace();
}

TEST_CASE("without auth no room and without pay no booking; alarms are not needed", "[mybnb]") {
  served by;
  by.node.stop(auths);
  by.node.stop(payments);
  CHECK(by.node.say(rooms, {}, register_room{hotel}).failure().code == errc::callee_failed);
  CHECK(by.node.say(bookings, {}, book{night}).failure().code == errc::callee_failed);
  by.node.start(auths);
  by.node.start(payments);
  by.node.pass(10'000ms);
  by.check_no_trace();
  by.node.stop(alarms);
  CHECK(by.node.say(rooms, {}, register_room{hotel}).ok());
  CHECK(by.node.say(bookings, {}, book{night}).ok());
  by.node.start(alarms);
  by.node.pass(1'000ms);
  CHECK(told(by.node).size() == 5);
}

TEST_CASE("my page shows the newest review of a booking, also when it was away", "[mybnb]") {
  served by;
  const auto away = GENERATE(false, true);
  if (away) by.node.stop(my_page);
  const auto id = by.booking();
  REQUIRE(by.node.say(reviews, {}, review_of(id, 2)).ok());
  by.node.pass(100ms);
  const auto second = by.node.say(reviews, {}, review_of(id, 5));
  CHECK(second.as<review_state>() == review_of(id, 5));
  by.node.pass(100ms);
  if (away) by.node.start(my_page);
  by.node.pass(1'000ms);
  CHECK(by.page(id) == my_page_row{{{night, id}, "ReviewRegistered"}, 5});
  CHECK(by.node.list(reviews).size() == 2);
}

TEST_CASE("a review of a cancelled booking leaves its score, one of no booking leaves nothing",
          "[mybnb]") {
  served by;
  const auto id = by.booking();
  REQUIRE(by.node.say(bookings, {id}, cancel_booking{}).ok());
  by.node.pass(100ms);
  REQUIRE(by.node.say(reviews, {}, review_of(id, 4)).ok());
  REQUIRE(by.node.say(reviews, {}, review_of(999, 4)).ok());
  REQUIRE(by.node.say(reviews, {}, write_review{}).ok());
  by.node.pass(1'000ms);
  CHECK(by.page(id).score == 4);
  CHECK(by.page(id).status == "PayCanceled");
  CHECK(by.node.list(my_page).size() == 1);
  CHECK(by.node.list(bookings).empty());
  CHECK(by.node.list(reviews).size() == 3);
}
