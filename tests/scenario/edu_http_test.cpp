#include "tests/support/served_system.hpp"

#include <catch2/catch.hpp>

/// Acceptance scenarios of the edu system in which everything runs, over HTTP.
namespace troupe::test {
namespace {

using object = value::object;

const object msa{{"userId", "user"}, {"eduName", "MSA"}, {"eduId", "1"}, {"status", "EduApplied"}};
const object cancel{{"status", "EduAppCancelled"}};
const object complete{{"status", "EduCompleted"}};

struct school : served_system {
  school() : served_system("edu", "4") {}
  [[nodiscard]] std::int64_t applied() const {
    return made(
        "eduApplications",
        object{{"userId", "user"}, {"eduName", "MSA"}, {"eduId", "1"}, {"status", "EduApplied"}});
  }
  /// An application whose enrolment everybody has heard of.
  [[nodiscard]] std::int64_t registered() const {
    const auto id = applied();
    for (const char* resource : {"educations", "eduApplications", "mypages"})
      CHECK(shows(resource, id, "status", "EduRegistered"));
    return id;
  }
};

void check_msa(const value& body, std::int64_t application) {
  CHECK(text(body, "userId") == "user");
  CHECK(text(body, "eduName") == "MSA");
  CHECK(number(body, "eduId") == 1);
  CHECK(number(body, "appId") == application);
}

TEST_CASE("edu 1, 3: an application is paid at once") {
  const school by;
  http_said said;
  REQUIRE(eventually([&] {
    said = by.post("eduApplications", msa);
    return said.status == 201;
  }));
  const auto id = number(said.body, "id");
  CHECK(text(said.body, "status") == "EduApplied");
  CHECK(said.header("Location").ends_with(by.path("eduApplications", id)));
  // Synchronous: there is no waiting for the payment.
  const auto paid = by.gateway().get(by.path("payments?appId=" + std::to_string(id)));
  REQUIRE(number(paid.body, "page/totalElements") == 1);
  CHECK(text(paid.body, "_embedded/payments/0/status") == "Paid");
  check_msa(part(paid.body, "_embedded/payments/0"), id);
  const auto application = by.get("eduApplications", id);
  CHECK(text(application.body, "userId") == "user");
  CHECK(text(application.body, "eduName") == "MSA");
  CHECK(number(application.body, "eduId") == 1);
  const auto self = text(application.body, "_links/self/href");
  CHECK(self.ends_with(by.path("eduApplications", id)));
  CHECK(text(application.body, "_links/eduApplication/href") == self);
}

TEST_CASE("edu 2: enrolment follows, and application and my page show it") {
  const school by;
  const auto id = by.registered();
  CHECK(by.counts("educations", 1));
  CHECK(by.total("educations?appId=" + std::to_string(id)) == 1);
  check_msa(by.get("educations", id).body, id);
  CHECK(by.total("mypages?appId=" + std::to_string(id)) == 1);
  check_msa(by.get("mypages", id).body, id);
  CHECK(text(by.get("payments", id).body, "status") == "Paid");
}

TEST_CASE("edu 4: a completed course shows everywhere and cannot be cancelled any more") {
  const school by;
  const auto id = by.registered();
  for (int i = 0; i < 2; ++i) { // repeating it changes nothing
    const auto said = by.change("PATCH", "educations", id, complete);
    CHECK(said.status == 200);
    CHECK(text(said.body, "status") == "EduCompleted");
  }
  CHECK(by.shows("eduApplications", id, "status", "EduCompleted"));
  CHECK(by.shows("mypages", id, "status", "EduCompleted"));
  const auto refused = by.change("PATCH", "eduApplications", id, cancel);
  CHECK(refused.status == 409);
  CHECK(refused.code() == "INVALID_TRANSITION");
  CHECK(text(by.get("payments", id).body, "status") == "Paid");
}

TEST_CASE("edu 5, 6: a cancelled application takes payment and enrolment with it") {
  const school by;
  const auto id = by.registered();
  const auto said = by.change("PATCH", "eduApplications", id, cancel);
  CHECK(said.status == 200);
  CHECK(text(said.body, "status") == "EduAppCancelled");
  CHECK(by.shows("payments", id, "status", "PayCancelled"));
  CHECK(eventually([&] { return by.get("educations", id).status == 404; }));
  CHECK(by.shows("eduApplications", id, "status", "EduCancelled"));
  CHECK(by.shows("mypages", id, "status", "EduCancelled"));
  CHECK(by.total("payments?status=PayCancelled") == 1);
  CHECK(by.counts("educations", 0));
  const auto again = by.change("PATCH", "eduApplications", id, cancel);
  CHECK(again.status == 200);
  CHECK(text(again.body, "status") == "EduCancelled");
  CHECK(by.change("PATCH", "educations", id, complete).status == 404);
}

TEST_CASE("edu 7: my page tells the state of every application, also one cancelled at once") {
  const school by;
  const auto waiting = by.applied();
  const auto hasty = by.applied();
  REQUIRE(by.change("PATCH", "eduApplications", hasty, cancel).status == 200);
  CHECK(by.shows("mypages", waiting, "status", "EduRegistered"));
  CHECK(by.shows("mypages", hasty, "status", "EduCancelled"));
  CHECK(by.shows("eduApplications", hasty, "status", "EduCancelled"));
  CHECK(by.shows("payments", hasty, "status", "PayCancelled"));
  CHECK(by.get("educations", hasty).status == 404);
  CHECK(by.counts("mypages", 2));
  CHECK(by.total("mypages?status=EduCancelled") == 1);
}

TEST_CASE("edu: the client cannot set the status at the start, and later only cancel or complete") {
  const school by;
  const auto id =
      by.made("eduApplications", object{{"userId", "user"}, {"status", "EduCompleted"}});
  REQUIRE(by.shows("eduApplications", id, "status", "EduRegistered"));
  for (const char* resource : {"eduApplications", "educations"}) {
    const auto nonsense = by.change("PATCH", resource, id, object{{"status", "Nonsense"}});
    CHECK(nonsense.status == 409);
    CHECK(nonsense.code() == "INVALID_TRANSITION");
    CHECK(by.change("PATCH", resource, id, object{}).status == 400);
    CHECK(by.change("PATCH", resource, 999'983, complete).status == 404);
  }
  CHECK(by.change("PATCH", "payments", id, object{{"status", "PayCancelled"}}).status == 405);
  CHECK(by.post("educations", object{{"appId", 5}}).status == 405);
  for (const char* verb : {"PUT", "PATCH", "DELETE"})
    CHECK(by.change(verb, "mypages", id, object{}).status == 405);
}

} // namespace
} // namespace troupe::test
