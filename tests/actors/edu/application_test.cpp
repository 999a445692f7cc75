#include "actors/edu/application.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::edu;

namespace {

const turn_info fifth{aggregate_id{5}, 1'000, {}};
const enrolment msa{"user", "MSA", 1};
using decided = decision<application::event>;

application_state with_status(const std::string& status) {
  return {msa, status};
}

void check_refused(const std::string& from, const std::string& to) {
  INFO(from << " to " << to);
  const auto refused = application::decide(with_status(from), change_application{{to}}, fifth);
  REQUIRE(refused.as_rejection() != nullptr);
  CHECK(refused.as_rejection()->code == errc::rejected);
  CHECK(refused.as_rejection()->reason == "INVALID_TRANSITION");
}

/// The status after the education said so.
std::string followed(const std::string& from, const std::string& to) {
  const auto now = with_status(from);
  const auto said = application::decide(now, follow_education{{to}}, fifth);
  if (said == decided{accept()}) return from;
  CHECK(said == decided{accept(application_followed{{to}})});
  return application::evolve(now, application_followed{{to}}).status.value();
}

} // namespace

TEST_CASE("applying asks payment under the application's id", "[edu]") {
  const decided expected = ask("edu.payment", aggregate_id{5}, pay{{msa, 5}});
  CHECK(application::decide({}, apply{msa}, fifth) == expected);
}

TEST_CASE("once it is paid, an application is EduApplied, whatever the client says", "[edu]") {
  const edu_applied event{{{msa, 5}, "EduApplied"}};
  const payment_state paid{{{msa, 5}, "Paid"}};
  CHECK(application::settle({}, apply{msa}, paid, fifth) == decided{accept(event)});
  CHECK(application::evolve({}, event) == with_status("EduApplied"));
  for (const auto& each : describe<apply>().fields)
    CHECK(each.name != "status");
}

TEST_CASE("a customer cancels an application before the course is completed", "[edu]") {
  const edu_app_cancelled event{{{msa, 5}, "EduAppCancelled"}};
  for (const auto* from : {"EduApplied", "EduRegistered"}) {
    CHECK(application::decide(with_status(from), change_application{{"EduAppCancelled"}}, fifth) ==
          decided{accept(event)});
    CHECK(application::evolve(with_status(from), event) == with_status("EduAppCancelled"));
  }
}

TEST_CASE("cancelling again changes nothing, also once everything is cancelled", "[edu]") {
  for (const auto* from : {"EduAppCancelled", "EduCancelled"})
    CHECK(application::decide(with_status(from), change_application{{"EduAppCancelled"}}, fifth) ==
          decided{accept()});
}

TEST_CASE("a completed course cannot be cancelled, and nothing else can be asked for", "[edu]") {
  check_refused("EduCompleted", "EduAppCancelled");
  for (const auto* from : {"EduApplied", "EduRegistered", "EduAppCancelled", "EduCancelled"}) {
    for (const auto* to : {"EduApplied", "EduRegistered", "EduCompleted", "EduCancelled",
                           "eduappcancelled", "PayCancelled", ""})
      check_refused(from, to);
  }
}

TEST_CASE("a change of an application without a status is malformed", "[edu]") {
  const auto refused = application::decide(with_status("EduApplied"), change_application{}, fifth);
  REQUIRE(refused.as_rejection() != nullptr);
  CHECK(refused.as_rejection()->code == errc::malformed);
}

TEST_CASE("an application follows its education, and a cancelled one only to the end", "[edu]") {
  CHECK(followed("EduApplied", "EduRegistered") == "EduRegistered");
  CHECK(followed("EduRegistered", "EduCompleted") == "EduCompleted");
  CHECK(followed("EduApplied", "EduCompleted") == "EduCompleted");
  CHECK(followed("EduAppCancelled", "EduRegistered") == "EduAppCancelled");
  CHECK(followed("EduAppCancelled", "EduCompleted") == "EduAppCancelled");
  CHECK(followed("EduAppCancelled", "EduCancelled") == "EduCancelled");
  for (const auto* late : {"EduRegistered", "EduCompleted", "EduCancelled"})
    CHECK(followed("EduCancelled", late) == "EduCancelled");
  CHECK(followed("EduCompleted", "EduRegistered") == "EduCompleted");
  CHECK(followed("EduRegistered", "EduRegistered") == "EduRegistered");
  CHECK(followed("EduApplied", "nonsense") == "EduApplied");
}

TEST_CASE("policy ChangeStatus sends the education's status to its application", "[edu]") {
  const education_event said{{{msa, 5}, "status"}, 5};
  const reactions expected{send(aggregate_id{5}, follow_education{{"status"}})};
  CHECK(follow_registered(edu_registered{said}) == expected);
  CHECK(follow_completed(edu_completed{said}) == expected);
  CHECK(follow_cancelled(edu_cancelled{said}) == expected);
}
