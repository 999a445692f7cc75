#include "actors/edu/payment.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::edu;

namespace {

const turn_info fifth{aggregate_id{5}, 1'000, {}};
const applied_enrolment msa{{"user", "MSA", 1}, 5};
const payment_state held{{msa, "Paid"}};
const payment_state cancelled{{msa, "PayCancelled"}};
using decided = decision<payment::event>;

} // namespace

TEST_CASE("an application is paid under its id", "[edu]") {
  const paid event{{{msa, "Paid"}, 5}};
  CHECK(payment::decide({}, pay{msa}, fifth) == decided{accept(event)});
  CHECK(payment::evolve({}, event) == held);
  CHECK(payment::exists(held));
}

TEST_CASE("paying again changes nothing, and what is cancelled stays so", "[edu]") {
  CHECK(payment::decide(held, pay{msa}, fifth) == decided{accept()});
  const auto refused = payment::decide(cancelled, pay{msa}, fifth);
  REQUIRE(refused.as_rejection() != nullptr);
  CHECK(refused.as_rejection()->reason == "INVALID_TRANSITION");
}

TEST_CASE("policy PayCancel cancels the payment of a cancelled application", "[edu]") {
  const reactions expected{send(aggregate_id{5}, cancel_payment{})};
  CHECK(cancel_payment_of(edu_app_cancelled{{msa, "EduAppCancelled"}}) == expected);
}

TEST_CASE("a cancelled payment stays listed and is cancelled once", "[edu]") {
  const pay_cancelled event{{{msa, "PayCancelled"}, 5}};
  CHECK(payment::decide(held, cancel_payment{}, fifth) == decided{accept(event)});
  CHECK(payment::evolve(held, event) == cancelled);
  CHECK(payment::exists(cancelled));
  CHECK(payment::decide(cancelled, cancel_payment{}, fifth) == decided{accept()});
}

TEST_CASE("a payment whose application never came to be vanishes, and others hear of it", "[edu]") {
  CHECK(payment::compensate(held, pay{msa}, fifth) == decided{accept(pay_voided{5, 5})});
  CHECK_FALSE(payment::exists(payment::evolve(held, pay_voided{5, 5})));
  CHECK(payment::compensate({}, pay{msa}, fifth) == decided{accept()});
}
