#include "actors/mybnb/alarm.hpp"
#include "messages/mybnb.hpp"
#include "tests/actors/accidents.hpp"

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

class lodging final : public accidents {
public:
  explicit lodging(std::uint64_t seed) : accidents(seed, "mybnb") {}

private:
  request any_command() override {
    const auto id = some_id();
    const auto fresh = node().fresh_id();
    switch (below(12)) {
    case 0:
    case 1:
      return node().command(rooms, {}, register_room{hotel}, fresh);
    case 2:
      return node().command(rooms, id, change_room{{{}, 2000, {}, {}}}, fresh);
    case 3:
      return node().command(rooms, id, replace_room{{"민박", {}, {}, "Batman"}}, fresh);
    case 4:
      return node().command(rooms, id, withdraw_room{}, fresh);
    case 5:
    case 6:
      return node().command(bookings, id, cancel_booking{}, fresh);
    case 7:
      return node().command(reviews, {}, review_of(id.number, 1 + static_cast<int>(below(5))),
                            fresh);
    default:
      return node().command(bookings, {}, book{night}, fresh);
    }
  }

  void check_business() override {
    alarm_list expected;
    check_rooms(expected);
    check_bookings(expected);
    for (const auto& [id, row] : node().list(reviews))
      expect(expected,
             tell_review(review_registered{{{}, {}, {}, "Superman", {}, {}, {}}, id, {}}));
    CHECK(told(node()) == expected);
  }

  void check_rooms(alarm_list& expected) {
    std::set<std::int64_t> approved;
    for (const auto& [id, row] : node().list(auths)) {
      approved.insert(id);
      expect(expected, tell_approval(auth_approved{{{id, {}, "Superman"}, {}}, id}));
    }
    CHECK(approved == seen(rooms, "RoomRegistered"));
    auto there = approved;
    for (const auto gone : seen(rooms, "RoomDeleted"))
      there.erase(gone);
    std::set<std::int64_t> listed;
    for (const auto& [id, row] : node().list(rooms))
      listed.insert(id);
    CHECK(listed == there);
  }

  void check_bookings(alarm_list& expected) {
    const auto all = seen(bookings, "Booked");
    const auto canceled = seen(bookings, "BookCanceled");
    const auto reviewed = seen(bookings, "BookingReviewed");
    std::map<std::string, std::multiset<std::int64_t>> paid;
    for (const auto& [id, row] : node().list(payments)) {
      const auto status = *row.find("status")->get_if<std::string>();
      paid[status].insert(number_in(row, "bookId"));
      const payment_event event{{{night, {}}, {}}, id};
      expect(expected, status == "PayApproved" ? tell_payment(pay_approved{event})
                                               : tell_refund(pay_canceled{event}));
    }
    CHECK(paid["PayApproved"] == std::multiset<std::int64_t>(all.begin(), all.end()));
    CHECK(paid["PayCanceled"] == std::multiset<std::int64_t>(canceled.begin(), canceled.end()));
    const auto listed = node().list(bookings);
    const auto rows = node().list(my_page);
    CHECK(listed.size() == all.size() - canceled.size());
    CHECK(rows.size() == all.size());
    for (const auto id : all) {
      INFO("booking " << id);
      CHECK(listed.count(id) + canceled.count(id) == 1);
      expect(expected, tell_booking(booked{{night, id, {}}}));
      if (canceled.count(id) == 1)
        expect(expected, tell_cancellation(book_canceled{{night, id, {}}}));
      REQUIRE(rows.count(id) == 1);
      const std::string status = canceled.count(id) == 1   ? "PayCanceled"
                                 : reviewed.count(id) == 1 ? "ReviewRegistered"
                                                           : "Booked";
      CHECK(*rows.at(id).find("status") == value{status});
      CHECK(rows.at(id).find("score")->is_null() == (reviewed.count(id) == 0));
    }
  }
};

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
  for_each_seed([](std::uint64_t seed) {
    lodging run{seed};
    run.live(60);
    run.check();
  });
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
