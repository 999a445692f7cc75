#include "actors/edu/education.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::edu;

namespace {

const turn_info fifth{aggregate_id{5}, 1'000, {}};
const applied_enrolment msa{{"user", "MSA", 1}, 5};
using decided = decision<education::event>;

education_state with_status(const std::string& status) {
  return {{msa, status}};
}

} // namespace

TEST_CASE("policy RegisterEdu enrols the customer of a paid application", "[edu]") {
  const reactions expected{send(aggregate_id{5}, register_education{msa})};
  CHECK(register_edu(paid{{{msa, "Paid"}, 5}}) == expected);
}

TEST_CASE("an enrolled customer is EduRegistered under the application's id", "[edu]") {
  const edu_registered event{{{msa, "EduRegistered"}, 5}};
  CHECK(education::decide({}, register_education{msa}, fifth) == decided{accept(event)});
  CHECK(education::evolve({}, event) == with_status("EduRegistered"));
  CHECK(education::exists(with_status("EduRegistered")));
}

TEST_CASE("enrolling again changes nothing", "[edu]") {
  for (const auto* now : {"EduRegistered", "EduCompleted", "EduCancelled"})
    CHECK(education::decide(with_status(now), register_education{msa}, fifth) == decided{accept()});
}

TEST_CASE("a course is completed once; that is all a customer can ask for", "[edu]") {
  const edu_completed event{{{msa, "EduCompleted"}, 5}};
  const change_education complete{{"EduCompleted"}};
  CHECK(education::decide(with_status("EduRegistered"), complete, fifth) == decided{accept(event)});
  CHECK(education::evolve(with_status("EduRegistered"), event) == with_status("EduCompleted"));
  CHECK(education::decide(with_status("EduCompleted"), complete, fifth) == decided{accept()});
  for (const auto* from : {"EduRegistered", "EduCompleted"}) {
    for (const auto* to : {"EduRegistered", "EduCancelled", "educompleted", ""}) {
      const auto refused = education::decide(with_status(from), change_education{{to}}, fifth);
      REQUIRE(refused.as_rejection() != nullptr);
      CHECK(refused.as_rejection()->reason == "INVALID_TRANSITION");
    }
  }
}

TEST_CASE("a change of an education without a status is malformed", "[edu]") {
  const auto refused = education::decide(with_status("EduRegistered"), change_education{}, fifth);
  REQUIRE(refused.as_rejection() != nullptr);
  CHECK(refused.as_rejection()->code == errc::malformed);
}

TEST_CASE("policy CancelEdu cancels the enrolment of a cancelled application", "[edu]") {
  const reactions expected{send(aggregate_id{5}, cancel_education{msa})};
  CHECK(cancel_edu(edu_app_cancelled{{msa, "EduAppCancelled"}}) == expected);
}

TEST_CASE("a cancelled enrolment is gone, whatever its status was", "[edu]") {
  const edu_cancelled event{{{msa, "EduCancelled"}, 5}};
  for (const auto* from : {"EduRegistered", "EduCompleted"}) {
    CHECK(education::decide(with_status(from), cancel_education{msa}, fifth) ==
          decided{accept(event)});
    CHECK_FALSE(education::exists(education::evolve(with_status(from), event)));
  }
  CHECK(education::decide(with_status("EduCancelled"), cancel_education{msa}, fifth) ==
        decided{accept()});
}

TEST_CASE("a cancellation seen before the payment keeps the enrolment from coming", "[edu]") {
  const edu_cancelled event{{{msa, "EduCancelled"}, 5}};
  CHECK(education::decide({}, cancel_education{msa}, fifth) == decided{accept(event)});
  const auto after = education::evolve({}, event);
  CHECK_FALSE(education::exists(after));
  CHECK(education::decide(after, register_education{msa}, fifth) == decided{accept()});
}

TEST_CASE("the enrolment for a voided payment is taken back without a word", "[edu]") {
  const reactions expected{send(aggregate_id{5}, withdraw_education{})};
  CHECK(withdraw_edu(pay_voided{5, 5}) == expected);
  CHECK(education::decide(with_status("EduRegistered"), withdraw_education{}, fifth) ==
        decided{accept(edu_withdrawn{})});
  CHECK_FALSE(education::exists(education::evolve(with_status("EduRegistered"), edu_withdrawn{})));
  CHECK(find_context("edu.education")->event("EduWithdrawn")->internal);
}
