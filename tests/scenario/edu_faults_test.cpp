#include "messages/edu.hpp"
#include "tests/scenario/served_system.hpp"

#include <fstream>

/// Acceptance scenarios of the edu system in which something is down, late, killed or configured
/// wrongly.
namespace troupe::test {
namespace {

constexpr const char* msa = R"({"userId":"user","eduName":"MSA","eduId":1})";
constexpr const char* cancel = R"({"status":"EduAppCancelled"})";

struct served : served_system {
  explicit served(const std::string& shards = "1") : served_system("edu", shards) {}
  [[nodiscard]] std::int64_t applied() const { return made("eduApplications", msa); }
  /// Tries until payment is reachable again.
  [[nodiscard]] std::int64_t applied_soon() const {
    http_said said;
    REQUIRE(eventually([&] {
      said = post("eduApplications", msa);
      return said.status == 201;
    }));
    return number(said.body, "id");
  }
  [[nodiscard]] bool all_show(std::int64_t id, const char* status) const {
    return shows("eduApplications", id, "status", status) && shows("mypages", id, "status", status);
  }
  [[nodiscard]] http_said cancelled(std::int64_t id) const {
    return gateway->ask("PATCH", at("eduApplications", id), cancel);
  }
  [[nodiscard]] bool is_gone(std::int64_t education) const {
    return eventually([&] { return get("educations", education).status == 404; });
  }
};

TEST_CASE("edu 8: without payment nobody applies, and nothing is stored; later they do") {
  const served by;
  REQUIRE(by.stop("payment"));
  by.check_refused("POST", by.at("eduApplications"), msa);
  by.check_refused("GET", by.at("payments"));
  for (const char* list : {"eduApplications", "educations", "mypages"})
    CHECK(by.total(list) == 0);
  REQUIRE(by.start("payment"));
  const auto id = by.applied_soon();
  CHECK(by.all_show(id, "EduRegistered"));
  for (const char* list : {"eduApplications", "payments", "educations", "mypages"})
    CHECK(by.total(list) == 1);
}

TEST_CASE("edu 9: without education applications are paid; the enrolment follows later") {
  const served by;
  REQUIRE(by.stop("education"));
  const auto id = by.applied();
  const auto other = by.applied();
  CHECK(by.shows("mypages", id, "status", "Paid"));
  CHECK(text(by.get("eduApplications", id).body, "status") == "EduApplied");
  by.check_refused("GET", by.at("educations"));
  REQUIRE(by.start("education"));
  for (const auto each : {id, other}) {
    CHECK(by.all_show(each, "EduRegistered"));
    CHECK(by.shows("educations", each, "status", "EduRegistered"));
  }
  CHECK(by.total("educations") == 2);
}

TEST_CASE("edu 9: who cancels while education is away is never enrolled") {
  const served by;
  REQUIRE(by.stop("education"));
  const auto id = by.applied();
  REQUIRE(by.cancelled(id).status == 200);
  CHECK(by.shows("payments", id, "status", "PayCancelled"));
  CHECK(by.shows("mypages", id, "status", "EduAppCancelled"));
  REQUIRE(by.start("education"));
  CHECK(by.all_show(id, "EduCancelled"));
  CHECK(by.is_gone(id));
  // A later one is enrolled, so nothing of the first is still on its way.
  const auto later = by.applied();
  CHECK(by.all_show(later, "EduRegistered"));
  CHECK(by.get("educations", id).status == 404);
  CHECK(by.total("educations") == 1);
}

TEST_CASE("edu: a cancellation is followed by payment, app and my page after they were away") {
  const served by;
  const auto away = GENERATE(as<std::string>{}, "payment", "mypage");
  const auto id = by.applied();
  REQUIRE(by.all_show(id, "EduRegistered"));
  REQUIRE(by.stop(away));
  REQUIRE(by.cancelled(id).status == 200);
  CHECK(by.is_gone(id));
  REQUIRE(by.start(away));
  CHECK(by.shows("payments", id, "status", "PayCancelled"));
  CHECK(by.all_show(id, "EduCancelled"));
}

TEST_CASE("edu: without app a course is completed, and the application catches up") {
  const served by;
  const auto id = by.applied();
  REQUIRE(by.all_show(id, "EduRegistered"));
  REQUIRE(by.stop("app"));
  by.check_refused("POST", by.at("eduApplications"), msa);
  CHECK(by.gateway->ask("PATCH", by.at("educations", id), R"({"status":"EduCompleted"})").status ==
        200);
  CHECK(by.shows("mypages", id, "status", "EduCompleted"));
  REQUIRE(by.start("app"));
  CHECK(by.shows("eduApplications", id, "status", "EduCompleted"));
}

TEST_CASE("edu: what payment did too late leaves no trace anywhere") {
  const served by;
  REQUIRE(by.delay("payment", "1500ms"));
  const auto late = by.post("eduApplications", msa);
  CHECK(late.status == 504);
  CHECK(late.code() == "ASK_TIMEOUT");
  REQUIRE(by.delay("payment", "off"));
  const auto id = by.applied_soon();
  CHECK(by.all_show(id, "EduRegistered"));
  for (const char* list : {"payments", "educations", "mypages", "eduApplications"}) {
    INFO(list);
    CHECK(by.counts(list, 1));
  }
}

TEST_CASE("edu 10: without its configuration a node does not start and says why") {
  const served by;
  const auto start = [&](std::vector<std::string> flags) {
    flags.insert(flags.end(), {"--data", (by.scratch.path() / "other").string(), "--listen",
                               "tcp://127.0.0.1:" + std::to_string(free_port())});
    return run_program("troupe-node", std::move(flags));
  };
  const auto refused = [&](const finished& how, std::string_view what) {
    INFO(how.output);
    CHECK(how.exit_code != 0);
    CHECK(how.exit_code != -1);
    CHECK(how.output.find(what) != std::string::npos);
    CHECK(how.output.find("listening") == std::string::npos);
  };
  const auto missing = (by.scratch.path() / "node.toml").string();
  refused(start({"--config", missing}), missing);
  std::ofstream{missing} << "system = [\"edu\"]\npaymenturl = \"http://payment:8080\"\n";
  refused(start({"--config", missing}), "paymenturl");
  refused(start({"--system", "education"}), "education");
  refused(start({"--delay", "edu.payment=slowly"}), "slowly");
  CHECK(by.all_show(by.applied(), "EduRegistered")); // the running one is unaffected

  std::ofstream{missing} << "system = [\"edu\"]\n";
  test_node other{by.scratch.path() / "other", {"--config", missing}};
  other.start();
  auto nodes = connect_to(other);
  CHECK(all_up(nodes));
}

TEST_CASE("edu: a killed node keeps what it acknowledged and leaves nothing half done") {
  served by{"4"};
  by.check_kill_under("app", [](client& to) {
    return to.send("edu.app", {}, edu::apply{{"user", "MSA", 1}});
  });
  const auto agreed = [&] {
    const auto all = by.total("eduApplications");
    return all > 100 && by.total("payments") == all &&
           by.total("eduApplications?status=EduRegistered") == all &&
           by.total("educations?status=EduRegistered") == all &&
           by.total("mypages?status=EduRegistered") == all;
  };
  CHECK(eventually(agreed));
}

TEST_CASE("edu: what contexts missed before a kill is caught up once after it") {
  served by;
  const auto kept = by.applied();
  const auto dropped = by.applied();
  REQUIRE(by.all_show(kept, "EduRegistered"));
  REQUIRE(by.all_show(dropped, "EduRegistered"));
  for (const char* context : {"education", "payment", "mypage"})
    REQUIRE(by.stop(context));
  REQUIRE(by.cancelled(dropped).status == 200);
  by.kill_and_restart();
  CHECK(by.all_show(dropped, "EduCancelled"));
  CHECK(by.shows("payments", dropped, "status", "PayCancelled"));
  CHECK(by.is_gone(dropped));
  CHECK(by.all_show(kept, "EduRegistered"));
  CHECK(text(by.get("payments", kept).body, "status") == "Paid");
  CHECK(by.total("educations") == 1);
  CHECK(by.total("payments") == 2);
  CHECK(by.total("mypages") == 2);
}

} // namespace
} // namespace troupe::test
