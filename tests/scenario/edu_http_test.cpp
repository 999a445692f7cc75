#include "tests/scenario/served_system.hpp"

/// Acceptance scenarios of the edu system in which everything runs, over HTTP.
namespace troupe::test {
namespace {

constexpr const char* msa =
    R"({"userId":"user","eduName":"MSA","eduId":"1","status":"EduApplied"})";
constexpr const char* cancel = R"({"status":"EduAppCancelled"})";
constexpr const char* complete = R"({"status":"EduCompleted"})";

struct served : served_system {
  served() : served_system("edu", "4") {}
  [[nodiscard]] std::int64_t applied() const { return made("eduApplications", msa); }
  /// An application whose enrolment everybody has heard of.
  [[nodiscard]] std::int64_t registered() const {
    const auto id = applied();
    for (const char* resource : {"educations", "eduApplications", "mypages"})
      CHECK(shows(resource, id, "status", "EduRegistered"));
    return id;
  }
  [[nodiscard]] http_said change(const char* resource, std::int64_t id, const char* to) const {
    return gateway->ask("PATCH", at(resource, id), to);
  }
};

void check_msa(const value& body, std::int64_t application) {
  CHECK(text(body, "userId") == "user");
  CHECK(text(body, "eduName") == "MSA");
  CHECK(number(body, "eduId") == 1);
  CHECK(number(body, "appId") == application);
}

TEST_CASE("edu 1, 3: an application is paid at once") {
  const served by;
  const auto said = by.post("eduApplications", msa);
  REQUIRE(said.status == 201);
  CHECK(text(said.body, "status") == "EduApplied");
  const auto id = number(said.body, "id");
  CHECK(said.header("Location").ends_with(by.at("eduApplications", id)));
  CHECK(text(said.body, "_links/eduApplication/href") == text(said.body, "_links/self/href"));
  // Synchronous: there is no waiting for the payment.
  const auto paid = by.gateway->get(by.at("payments?appId=" + std::to_string(id)));
  REQUIRE(number(paid.body, "page/totalElements") == 1);
  CHECK(text(paid.body, "_embedded/payments/0/status") == "Paid");
  check_msa(part(paid.body, "_embedded/payments/0"), id);
}

TEST_CASE("edu 2: enrolment follows, and application and my page show it") {
  const served by;
  const auto id = by.registered();
  CHECK(by.total("educations") == 1);
  CHECK(by.total("educations?appId=" + std::to_string(id)) == 1);
  check_msa(by.get("educations", id).body, id);
  CHECK(by.total("mypages?appId=" + std::to_string(id)) == 1);
  check_msa(by.get("mypages", id).body, id);
  CHECK(text(by.get("payments", id).body, "status") == "Paid");
}

TEST_CASE("edu 4: a completed course shows everywhere and cannot be cancelled any more") {
  const served by;
  const auto id = by.registered();
  for (int i = 0; i < 2; ++i) { // repeating it changes nothing
    const auto said = by.change("educations", id, complete);
    CHECK(said.status == 200);
    CHECK(text(said.body, "status") == "EduCompleted");
  }
  CHECK(by.shows("eduApplications", id, "status", "EduCompleted"));
  CHECK(by.shows("mypages", id, "status", "EduCompleted"));
  const auto refused = by.change("eduApplications", id, cancel);
  CHECK(refused.status == 409);
  CHECK(refused.code() == "INVALID_TRANSITION");
  CHECK(text(by.get("payments", id).body, "status") == "Paid");
}

TEST_CASE("edu 5, 6: a cancelled application takes payment and enrolment with it") {
  const served by;
  const auto id = by.registered();
  const auto said = by.change("eduApplications", id, cancel);
  CHECK(said.status == 200);
  CHECK(text(said.body, "status") == "EduAppCancelled");
  CHECK(by.shows("payments", id, "status", "PayCancelled"));
  CHECK(eventually([&] { return by.get("educations", id).status == 404; }));
  CHECK(by.shows("eduApplications", id, "status", "EduCancelled"));
  CHECK(by.shows("mypages", id, "status", "EduCancelled"));
  CHECK(by.total("payments?status=PayCancelled") == 1);
  CHECK(by.total("educations") == 0);
  const auto again = by.change("eduApplications", id, cancel);
  CHECK(again.status == 200);
  CHECK(text(again.body, "status") == "EduCancelled");
  CHECK(by.change("educations", id, complete).status == 404);
}

TEST_CASE("edu 7: my page tells the state of every application, also one cancelled at once") {
  const served by;
  const auto waiting = by.applied();
  const auto hasty = by.applied();
  REQUIRE(by.change("eduApplications", hasty, cancel).status == 200);
  CHECK(by.shows("mypages", waiting, "status", "EduRegistered"));
  CHECK(by.shows("mypages", hasty, "status", "EduCancelled"));
  CHECK(by.shows("eduApplications", hasty, "status", "EduCancelled"));
  CHECK(by.shows("payments", hasty, "status", "PayCancelled"));
  CHECK(by.get("educations", hasty).status == 404);
  CHECK(by.total("mypages") == 2);
  CHECK(by.total("mypages?status=EduCancelled") == 1);
}

TEST_CASE("edu: the client cannot set the status at the start, and later only cancel or complete") {
  const served by;
  const auto made = by.post("eduApplications", R"({"userId":"user","status":"EduCompleted"})");
  CHECK(text(made.body, "status") == "EduApplied");
  const auto id = number(made.body, "id");
  REQUIRE(by.shows("educations", id, "status", "EduRegistered"));
  for (const char* resource : {"eduApplications", "educations"}) {
    const auto nonsense = by.change(resource, id, R"({"status":"Nonsense"})");
    CHECK(nonsense.status == 409);
    CHECK(nonsense.code() == "INVALID_TRANSITION");
    CHECK(by.change(resource, id, "{}").status == 400);
    CHECK(by.change(resource, 999'983, complete).status == 404);
  }
  CHECK(by.change("payments", id, R"({"status":"PayCancelled"})").status == 405);
  CHECK(by.post("educations", R"({"appId":5})").status == 405);
  for (const char* method : {"PUT", "PATCH", "DELETE"})
    CHECK(by.gateway->ask(method, by.at("mypages", id), "{}").status == 405);
}

} // namespace
} // namespace troupe::test
