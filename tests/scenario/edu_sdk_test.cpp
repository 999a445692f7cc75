#include "messages/edu.hpp"
#include "tests/support/served_system.hpp"

#include <catch2/catch.hpp>

#include <mutex>

/// The same story with typed messages, without HTTP.
namespace troupe::test {
namespace {

using namespace troupe::edu;

const enrolment msa{"user", "MSA", 1};

/// Whether the state is that, sooner or later.
template <class T>
bool becomes(client& nodes, const char* context, aggregate_id id, const T& wanted) {
  return eventually([&] {
    const auto got = nodes.get(context, id).get();
    return got.ok() && got->as<T>().value() == wanted;
  });
}

TEST_CASE("edu over the client library: an application is paid, registered, completed") {
  served_system by{"edu", "4"};
  auto& nodes = by.nodes();
  const auto applied = nodes.send_sync("edu.app", {}, apply{msa});
  REQUIRE(applied.ok());
  CHECK(applied->as<application_state>().value() == application_state{msa, "EduApplied"});
  const auto id = applied->target;
  const applied_enrolment mine{msa, id.number};
  const auto paid = nodes.get("edu.payment", id).get();
  REQUIRE(paid.ok());
  CHECK(paid->as<payment_state>().value() == payment_state{{mine, "Paid"}});
  CHECK(becomes(nodes, "edu.education", id, education_state{{mine, "EduRegistered"}}));
  const auto wrong = nodes.send_sync("edu.education", id, change_education{{"EduCancelled"}});
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().shown_code() == "INVALID_TRANSITION");
  REQUIRE(nodes.send_sync("edu.education", id, change_education{{"EduCompleted"}}).ok());
  CHECK(becomes(nodes, "edu.app", id, application_state{msa, "EduCompleted"}));
  CHECK(becomes(nodes, "edu.mypage", id, my_page_row{{mine, "EduCompleted"}}));
  const auto late = nodes.send_sync("edu.app", id, change_application{{"EduAppCancelled"}});
  REQUIRE_FALSE(late.ok());
  CHECK(late.error().shown_code() == "INVALID_TRANSITION");
}

TEST_CASE("edu over the client library: a subscriber sees what became of an enrolment") {
  served_system by{"edu"};
  auto& nodes = by.nodes();
  std::mutex guard;
  std::vector<std::string> seen;
  const auto handle =
      nodes.subscribe("edu.education", shard_number{0}, subscribe_request{},
                      [&](const std::vector<published_event>& events, record_index) {
                        const std::lock_guard lock{guard};
                        for (const auto& each : events)
                          seen.push_back(each.name + " " + std::to_string(each.aggregate.number));
                      });
  const auto applied = nodes.send_sync("edu.app", {}, apply{msa});
  REQUIRE(applied.ok());
  const auto id = applied->target;
  CHECK(becomes(nodes, "edu.app", id, application_state{msa, "EduRegistered"}));
  REQUIRE(nodes.send_sync("edu.app", id, change_application{{"EduAppCancelled"}}).ok());
  CHECK(becomes(nodes, "edu.app", id, application_state{msa, "EduCancelled"}));
  const std::string number = std::to_string(id.number);
  const std::vector<std::string> wanted{"EduRegistered " + number, "EduCancelled " + number};
  CHECK(eventually([&] {
    const std::lock_guard lock{guard};
    return seen.size() >= wanted.size();
  }));
  nodes.unsubscribe(handle);
  const std::lock_guard lock{guard};
  CHECK(seen == wanted);
}

} // namespace
} // namespace troupe::test
