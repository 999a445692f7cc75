#include "actors/mybnb/alarm.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <set>

using namespace troupe;
using namespace troupe::mybnb;

namespace {

const turn_info some{aggregate_id{40}, 1'000, {}};
const stay of{1, "호텔", 1000, "서울", "Superman", "배트맨", "20201010"};
const alarm_state told{"(host)Superman", "AuthApproved"};
using decided = decision<alarm::event>;

reaction tells(subject what, std::int64_t id, party who, const std::string& receiver,
               const std::string& message) {
  const auto alarm = alarm_of(what, id, who);
  return send(alarm, notify{{receiver, message}, alarm.number});
}

reactions tells_both(subject what, std::int64_t id, const std::string& message) {
  return {tells(what, id, party::guest, "(guest)배트맨", message),
          tells(what, id, party::host, "(host)Superman", message)};
}

} // namespace

TEST_CASE("an alarm says who was notified of what", "[mybnb]") {
  CHECK(alarm::decide({}, notify{told, 40}, some) == decided{accept(notified{told})});
  CHECK(alarm::evolve({}, notified{told}) == told);
  CHECK(alarm::exists(told));
}

TEST_CASE("saying the same again changes nothing, saying it to another replaces", "[mybnb]") {
  CHECK(alarm::decide(told, notify{told, 40}, some) == decided{accept()});
  const alarm_state other{"(host)Batman", "AuthApproved"};
  CHECK(alarm::decide(told, notify{other, 40}, some) == decided{accept(notified{other})});
}

TEST_CASE("an alarm that is taken back is gone", "[mybnb]") {
  CHECK(alarm::decide(told, withdraw_alarm{}, some) == decided{accept(alarm_withdrawn{})});
  CHECK_FALSE(alarm::exists(alarm::evolve(told, alarm_withdrawn{})));
}

TEST_CASE("the host hears of an approved room and of a review", "[mybnb]") {
  const auth_approved approved{{{7, "호텔", "Superman"}, "AuthApproved"}, 7};
  CHECK(tell_approval(approved) ==
        reactions{tells(subject::approval, 7, party::host, "(host)Superman", "AuthApproved")});
  const review_registered review{{3, 1, "호텔", "Superman", "배트맨", "20201010", 5}, 8, "x"};
  CHECK(tell_review(review) ==
        reactions{tells(subject::review, 8, party::host, "(host)Superman", "ReviewRegistered")});
}

TEST_CASE("guest and host hear of bookings and payments, made and cancelled", "[mybnb]") {
  CHECK(tell_booking(booked{{of, 3, "x"}}) == tells_both(subject::booking, 3, "Booked"));
  CHECK(tell_cancellation(book_canceled{{of, 3, "x"}}) ==
        tells_both(subject::cancellation, 3, "BookCanceled"));
  CHECK(tell_payment(pay_approved{{{{of, 3}, "x"}, 9}}) ==
        tells_both(subject::payment, 9, "PayApproved"));
  CHECK(tell_refund(pay_canceled{{{{of, 3}, "x"}, 9}}) ==
        tells_both(subject::refund, 9, "PayCanceled"));
}

TEST_CASE("a party without a name is told under its role", "[mybnb]") {
  const auto told_to_nobody = tell_booking(booked{{{}, 3, "x"}});
  REQUIRE(told_to_nobody.size() == 2);
  CHECK(told_to_nobody[0] == tells(subject::booking, 3, party::guest, "(guest)", "Booked"));
  CHECK(told_to_nobody[1] == tells(subject::booking, 3, party::host, "(host)", "Booked"));
}

TEST_CASE("what was told of a voided approval or payment is taken back from all", "[mybnb]") {
  std::set<std::int64_t> told_of;
  for (const auto& each : tell_approval(auth_approved{{{7, {}, {}}, {}}, 7}))
    told_of.insert(each.target.number);
  for (const auto& each : tell_payment(pay_approved{{{{of, 3}, "x"}, 9}}))
    told_of.insert(each.target.number);
  std::set<std::int64_t> forgotten;
  for (const auto& each : forget_approval(auth_voided{7})) {
    CHECK(each.command == withdraw_alarm::name);
    forgotten.insert(each.target.number);
  }
  for (const auto& each : forget_payment(pay_voided{9, 3})) {
    CHECK(each.command == withdraw_alarm::name);
    forgotten.insert(each.target.number);
  }
  CHECK(forgotten == told_of);
}

TEST_CASE("every alarm has an id of its own, and each subject's are on all shards", "[mybnb]") {
  constexpr std::uint32_t shards = 4;
  std::set<std::int64_t> seen;
  for (const auto what : {subject::approval, subject::review, subject::booking,
                          subject::cancellation, subject::payment, subject::refund}) {
    for (const auto who : {party::guest, party::host}) {
      std::set<std::uint32_t> used;
      for (std::int64_t id = 1; id <= 100; ++id) {
        const auto alarm = alarm_of(what, id, who);
        CHECK(alarm.number > 0);
        CHECK(seen.insert(alarm.number).second);
        used.insert(shard_of(alarm, shards).value);
      }
      CHECK(used.size() == shards);
    }
  }
  const auto last =
      alarm_of(subject::refund, std::numeric_limits<std::int64_t>::max(), party::host);
  CHECK(last.number >= 0);
}
