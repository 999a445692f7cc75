#include "actors/mybnb/booking.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::mybnb;

namespace {

const turn_info third{aggregate_id{3}, 1'000, {}};
const stay wanted{1, "호텔", 1000, "서울", "Superman", "배트맨", "20201010"};
const booking_state known{wanted, true};
using decided = decision<booking::event>;

} // namespace

TEST_CASE("booking asks pay for a payment with an id of pay's own", "[mybnb]") {
  const decided expected = ask("mybnb.pay", aggregate_id{}, pay{{wanted, 3}});
  CHECK(booking::decide({}, book{wanted}, third) == expected);
}

TEST_CASE("once a stay is paid, it is booked", "[mybnb]") {
  const booked event{{wanted, 3, "Booked"}};
  const payment_state paid{{wanted, 3}, "PayApproved"};
  CHECK(booking::settle({}, book{wanted}, paid, third) == decided{accept(event)});
  CHECK(booking::evolve({}, event) == known);
  CHECK(booking::exists(known));
  CHECK_FALSE(booking::exists({}));
}

TEST_CASE("a cancelled booking is gone, and its event says what it was", "[mybnb]") {
  const book_canceled event{{wanted, 3, "BookCanceled"}};
  CHECK(booking::decide(known, cancel_booking{}, third) == decided{accept(event)});
  CHECK_FALSE(booking::exists(booking::evolve(known, event)));
}

TEST_CASE("a review reaches its booking, which stays as it is", "[mybnb]") {
  const review_registered review{{3, 1, "호텔", "Superman", "배트맨", "20201010", 5}, 8, "x"};
  CHECK(reach_booking(review) == reactions{send(aggregate_id{3}, note_review{5})});
  const booking_reviewed event{3, 5, "ReviewRegistered"};
  CHECK(booking::decide(known, note_review{5}, third) == decided{accept(event)});
  CHECK(booking::evolve(known, event) == known);
}

TEST_CASE("a cancelled booking that is reviewed does not come back", "[mybnb]") {
  const booking_reviewed event{3, 5, "ReviewRegistered"};
  CHECK(booking::decide({}, note_review{5}, third) == decided{accept(event)});
  CHECK_FALSE(booking::exists(booking::evolve({}, event)));
}

TEST_CASE("a review that names no booking reaches none", "[mybnb]") {
  review_registered review;
  CHECK(reach_booking(review).empty());
  review.book_id = 0;
  CHECK(reach_booking(review).empty());
  review.book_id = -3;
  CHECK(reach_booking(review).empty());
}
