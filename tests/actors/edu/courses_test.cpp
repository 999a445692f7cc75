#include "messages/edu.hpp"
#include "tests/actors/random_walk.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::edu;
using namespace std::chrono_literals;

/// The edu system as a whole: an unpaid application does not exist anywhere, and application,
/// payment, education and my page agree once everything has come to rest.
namespace {

const std::string applications = "edu.app";
const std::string educations = "edu.education";
const std::string payments = "edu.payment";
const std::string my_page = "edu.mypage";

const enrolment msa{"user", "MSA", 1};
const change_application cancel{{"EduAppCancelled"}};
const change_education complete{{"EduCompleted"}};

std::string text_in(const value& row, std::string_view field) {
  return *row.find(field)->get_if<std::string>();
}

request any_command(random_walk& walk) {
  const aggregate_id id{walk.number(1, 12)};
  const auto fresh = walk.node().fresh_id();
  const auto what = walk.below(10);
  if (what < 2) return simulated_node::command(applications, id, cancel, fresh);
  if (what < 4) return simulated_node::command(educations, id, complete, fresh);
  return simulated_node::command(applications, {}, apply{msa}, fresh);
}

/// Notes by the way how many applications ended in which status.
void check_courses(random_walk& walk, std::map<std::string, int>& ended) {
  auto& node = walk.node();
  const auto all = node.list(applications);
  const auto paid = node.list(payments);
  const auto taken = node.list(educations);
  const auto rows = node.list(my_page);
  auto times = walk.events_of(educations);
  CHECK(paid.size() == all.size());
  CHECK(rows.size() == all.size());
  std::size_t cancelled = 0;
  for (const auto& [id, application] : all) {
    const auto status = text_in(application, "status");
    INFO("application " << id << " is " << status);
    ++ended[status];
    const bool over = status == "EduCancelled";
    CHECK((over || status == "EduRegistered" || status == "EduCompleted"));
    cancelled += over ? 1 : 0;
    REQUIRE(paid.count(id) == 1);
    CHECK(text_in(paid.at(id), "status") == (over ? "PayCancelled" : "Paid"));
    REQUIRE(rows.count(id) == 1);
    CHECK(text_in(rows.at(id), "status") == status);
    REQUIRE(taken.count(id) == (over ? 0 : 1));
    if (!over) CHECK(text_in(taken.at(id), "status") == status);
    CHECK(times[{id, "EduCancelled"}] == (over ? 1 : 0));
    CHECK(times[{id, "EduRegistered"}] <= 1);
  }
  CHECK(taken.size() == all.size() - cancelled);
}

struct served {
  simulated_node node{behaviours_of("edu"), {.shards = 2, .lanes = 2}};
  std::int64_t applied() { return node.say(applications, {}, apply{msa}).reply().target.number; }
  std::string status(const std::string& context, std::int64_t id) {
    const auto got = node.get(context, id);
    if (!got.ok()) return "";
    return text_in(decode_value(got.reply().payload).value(), "status");
  }
  void check_no_trace() {
    for (const auto& each : {applications, educations, payments, my_page}) {
      INFO(each);
      CHECK(node.list(each).empty());
    }
  }
  void check_cancelled(std::int64_t id) {
    CHECK(status(applications, id) == "EduCancelled");
    CHECK(status(payments, id) == "PayCancelled");
    CHECK(status(my_page, id) == "EduCancelled");
    CHECK(node.get(educations, id).failure().code == errc::not_found);
  }
};

} // namespace

TEST_CASE("courses under accidents: one effect each, no orphans, all of it from the journals",
          "[edu][property]") {
  const auto [first, end] = random_walk::seeds();
  std::map<std::string, int> ended;
  for (auto seed = first; seed < end; ++seed) {
    INFO("replay with: TROUPE_SEED=" << seed << " test_actors '[edu][property]'");
    random_walk walk{"edu", seed, any_command};
    walk.live(60);
    walk.check_answers();
    check_courses(walk, ended);
    walk.check_rebuild();
  }
  if (end - first == 1) return; // a replay need not show everything
  for (const auto* status : {"EduRegistered", "EduCompleted", "EduCancelled"}) {
    INFO(status);
    CHECK(ended[status] > 50);
  }
}

TEST_CASE("an application is paid at once, then registered, then completed", "[edu]") {
  served by;
  const auto made = by.node.say(applications, {}, apply{msa});
  CHECK(made.as<application_state>() == application_state{msa, "EduApplied"});
  const auto id = made.reply().target.number;
  CHECK(by.node.get(payments, id).as<payment_state>() == payment_state{{{msa, id}, "Paid"}});
  by.node.pass(100ms);
  for (const auto& each : {applications, educations, my_page})
    CHECK(by.status(each, id) == "EduRegistered");
  REQUIRE(by.node.say(educations, {id}, complete).ok());
  by.node.pass(100ms);
  for (const auto& each : {applications, educations, my_page})
    CHECK(by.status(each, id) == "EduCompleted");
  CHECK(by.node.say(applications, {id}, cancel).failure().shown_code() == "INVALID_TRANSITION");
  by.node.pass(100ms);
  CHECK(by.status(payments, id) == "Paid");
}

TEST_CASE("a cancelled application takes payment and enrolment with it", "[edu]") {
  served by;
  const auto id = by.applied();
  by.node.pass(100ms);
  CHECK(by.node.say(applications, {id}, cancel).as<application_state>().status ==
        "EduAppCancelled");
  by.node.pass(100ms);
  by.check_cancelled(id);
  CHECK(by.node.say(educations, {id}, complete).failure().code == errc::not_found);
  CHECK(by.node.say(applications, {id}, cancel).as<application_state>().status == "EduCancelled");
}

TEST_CASE("a course that is completed and cancelled at the same time ends cancelled", "[edu]") {
  for (int moment = 0; moment < 6; ++moment) {
    INFO("moment " << moment);
    served by;
    const auto id = by.applied();
    by.node.pass(100ms);
    const auto done = by.node.post(educations, {id}, complete, by.node.fresh_id());
    for (int i = 0; i < moment; ++i)
      (void)by.node.step(static_cast<std::uint32_t>(i % 2));
    const auto off = by.node.post(applications, {id}, cancel, by.node.fresh_id());
    by.node.pass(1'000ms);
    if (by.node.heard(off).ok()) {
      by.check_cancelled(id);
    } else {
      CHECK(by.node.heard(done).ok());
      CHECK(by.node.heard(off).failure().shown_code() == "INVALID_TRANSITION");
      CHECK(by.status(applications, id) == "EduCompleted");
    }
  }
}

TEST_CASE("a cancellation overtakes a payment on the way to education, and nothing is registered",
          "[edu]") {
  served by;
  by.node.stop(educations);
  const auto id = by.applied();
  by.node.pass(1'000ms);
  CHECK(by.status(my_page, id) == "Paid");
  REQUIRE(by.node.say(applications, {id}, cancel).ok());
  by.node.pass(1'000ms);
  CHECK(by.status(my_page, id) == "EduAppCancelled");
  CHECK(by.status(payments, id) == "PayCancelled");
  by.node.start(educations);
  by.node.pass(10'000ms);
  by.check_cancelled(id);
}

TEST_CASE("a payment that comes too late is voided, and nobody shows it", "[edu]") {
  served by;
  by.node.hold(payments);
  const auto of = by.node.post(applications, {}, apply{msa}, by.node.fresh_id());
  by.node.pass(600ms);
  CHECK_FALSE(by.node.answer_to(of));
  by.node.pass(20ms);
  CHECK(by.node.heard(of).failure().code == errc::ask_timeout);
  by.node.release(payments);
  by.node.pass(10'000ms);
  by.check_no_trace();
}

TEST_CASE("what a voided payment led to is taken back, also while education is down", "[edu]") {
  served by;
  const auto down = GENERATE(false, true);
  auto asked = by.node.command(payments, {5}, pay{{msa, 5}}, by.node.fresh_id());
  REQUIRE(by.node.say(asked, true).ok());
  by.node.pass(100ms);
  CHECK(by.status(educations, 5) == "EduRegistered");
  CHECK(by.status(my_page, 5) == "EduRegistered");
  if (down) by.node.stop(educations);
  asked.kind = request_kind::void_ask;
  REQUIRE(by.node.say(asked, true).ok());
  by.node.pass(100ms);
  if (down) by.node.start(educations);
  by.node.pass(10'000ms);
  by.check_no_trace();
}

TEST_CASE("without payment nobody applies; without education applications wait for it", "[edu]") {
  served by;
  by.node.stop(payments);
  CHECK(by.node.say(applications, {}, apply{msa}).failure().code == errc::callee_failed);
  by.node.start(payments);
  by.node.pass(10'000ms);
  by.check_no_trace();
  by.node.stop(educations);
  const auto id = by.applied();
  by.node.pass(1'000ms);
  CHECK(by.status(my_page, id) == "Paid");
  CHECK(by.status(applications, id) == "EduApplied");
  by.node.start(educations);
  by.node.pass(1'000ms);
  for (const auto& each : {applications, educations, my_page})
    CHECK(by.status(each, id) == "EduRegistered");
}
