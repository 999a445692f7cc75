#include "actors/mybnb/payment.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::mybnb;

namespace {

const turn_info ninth{aggregate_id{9}, 1'000, {}};
const stay paid_for{1, "호텔", 1000, "서울", "Superman", "배트맨", "20201010"};
const payment_state approved{{paid_for, 3}, "PayApproved"};
using decided = decision<payment::event>;

} // namespace

TEST_CASE("a paid stay is a row PayApproved with the id of its booking", "[mybnb]") {
  const pay_approved event{{approved, 9}};
  CHECK(payment::decide({}, pay{{paid_for, 3}}, ninth) == decided{accept(event)});
  CHECK(payment::evolve({}, event) == approved);
  CHECK(payment::exists(approved));
}

TEST_CASE("policy CancelPayment adds a row for a cancelled booking", "[mybnb]") {
  const reactions expected{create(cancel_payment{{paid_for, 3}})};
  CHECK(cancel_payment_of(book_canceled{{paid_for, 3, "BookCanceled"}}) == expected);
}

TEST_CASE("a cancelled payment is a row PayCanceled that says the same", "[mybnb]") {
  const payment_state canceled{{paid_for, 3}, "PayCanceled"};
  const pay_canceled event{{canceled, 9}};
  CHECK(payment::decide({}, cancel_payment{{paid_for, 3}}, ninth) == decided{accept(event)});
  CHECK(payment::evolve({}, event) == canceled);
}

TEST_CASE("a row whose booking never came to be vanishes, and others hear of it", "[mybnb]") {
  const pay command{{paid_for, 3}};
  CHECK(payment::compensate(approved, command, ninth) == decided{accept(pay_voided{9, 3})});
  CHECK_FALSE(payment::exists(payment::evolve(approved, pay_voided{9, 3})));
  CHECK(payment::compensate({}, command, ninth) == decided{accept()});
}
