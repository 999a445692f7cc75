#include "actors/mybnb/my_page.hpp"

#include "actors/behaviour.hpp"
#include "messages/mybnb.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::mybnb;

namespace {

const stay of{1, "호텔", 1000, "서울", "Superman", "배트맨", "20201010"};

} // namespace

TEST_CASE("a booking appears on my page as Booked, without a score", "[mybnb]") {
  const row_changes expected{row_change::upsert(3, {{"bookId", 3},
                                                    {"roomId", 1},
                                                    {"name", "호텔"},
                                                    {"price", 1000},
                                                    {"address", "서울"},
                                                    {"host", "Superman"},
                                                    {"guest", "배트맨"},
                                                    {"usedate", "20201010"},
                                                    {"status", "Booked"}})};
  CHECK(page_booking(booked{{of, 3, "Booked"}}) == expected);
}

TEST_CASE("what a booking did not say is null on my page", "[mybnb]") {
  const auto rows = page_booking(booked{{{}, 3, "Booked"}});
  REQUIRE(rows.size() == 1);
  for (const auto& [name, held] : rows[0].columns)
    CHECK(held.is_null() == (name != "bookId" && name != "status"));
}

TEST_CASE("cancellation and refund set the status of the booking's row", "[mybnb]") {
  CHECK(page_cancellation(book_canceled{{of, 3, "BookCanceled"}}) ==
        row_changes{row_change::update(3, {{"status", "BookCanceled"}})});
  CHECK(page_refund(pay_canceled{{{{of, 3}, "PayCanceled"}, 9}}) ==
        row_changes{row_change::update(3, {{"status", "PayCanceled"}})});
}

TEST_CASE("a review sets the score, and the status of a booking that lives", "[mybnb]") {
  const row_changes expected{row_change::update(3, {{"score", 5}}),
                             row_change::update(3, {{"status", "ReviewRegistered"}})
                                 .only_if("status", {"Booked", "ReviewRegistered"})};
  CHECK(page_review(booking_reviewed{3, 5, "ReviewRegistered"}) == expected);
}

TEST_CASE("every context of the system is bound to its behaviour", "[mybnb]") {
  std::size_t seen = 0;
  for (const auto& each : all_behaviours()) {
    REQUIRE(each.info != nullptr);
    if (each.info->system != "mybnb") continue;
    ++seen;
    INFO(each.info->name);
    CHECK(each.policies.size() == each.info->policies.size());
    CHECK(each.folds.size() == (each.info->name == "mypage" ? 4 : 0));
    CHECK(static_cast<bool>(each.make_aggregate) == (each.info->name != "mypage"));
  }
  CHECK(seen == 7);
}

TEST_CASE("only what the table of commands names can be reached from outside", "[mybnb]") {
  std::vector<std::string> exposed;
  for (const auto& each : mybnb::contexts()) {
    for (const auto& command : each.commands) {
      if (command.exposed())
        exposed.push_back(std::string{each.name} + " " + std::string{command.message.name});
    }
  }
  const std::vector<std::string> expected{
      "room registerRoom", "room changeRoom",    "room replaceRoom",
      "room withdrawRoom", "booking book",       "booking cancelBooking",
      "pay pay",           "review writeReview", "auth approve"};
  CHECK(exposed == expected);
}
