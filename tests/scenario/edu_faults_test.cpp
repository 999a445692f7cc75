#include "tests/support/served_system.hpp"

#include <catch2/catch.hpp>

#include <fstream>

/// Acceptance scenarios of the edu system in which something is down, late, killed or configured
/// wrongly.
namespace troupe::test {
namespace {

using object = value::object;

const object msa{{"userId", "user"}, {"eduName", "MSA"}, {"eduId", 1}};

struct school : served_system {
  explicit school(const std::string& shards = "1") : served_system("edu", shards) {}
  [[nodiscard]] std::int64_t applied() const { return made("eduApplications", msa); }
  [[nodiscard]] bool all_show(std::int64_t id, const char* status) const {
    return shows("eduApplications", id, "status", status) && shows("mypages", id, "status", status);
  }
  [[nodiscard]] bool cancelled(std::int64_t id) const {
    return change("PATCH", "eduApplications", id, object{{"status", "EduAppCancelled"}}).status ==
           200;
  }
  [[nodiscard]] bool is_gone(std::int64_t education) const {
    return eventually([&] { return get("educations", education).status == 404; });
  }
};

TEST_CASE("edu 8: without payment nobody applies, and nothing is stored; later they do") {
  school by;
  REQUIRE(by.stop("payment"));
  check_refused_as_down([&] { return by.post("eduApplications", msa); });
  check_refused_as_down([&] { return by.gateway().get(by.path("payments")); });
  for (const char* list : {"eduApplications", "educations", "mypages"})
    CHECK(by.total(list) == 0);
  REQUIRE(by.start("payment"));
  CHECK(by.all_show(by.applied(), "EduRegistered"));
  for (const char* list : {"eduApplications", "payments", "educations", "mypages"})
    CHECK(by.counts(list, 1));
}

TEST_CASE("edu 9: without education applications are paid; the enrolment follows later") {
  school by;
  REQUIRE(by.stop("education"));
  const auto id = by.applied();
  const auto other = by.applied();
  CHECK(by.shows("mypages", id, "status", "Paid"));
  CHECK(text(by.get("eduApplications", id).body, "status") == "EduApplied");
  check_refused_as_down([&] { return by.gateway().get(by.path("educations")); });
  REQUIRE(by.start("education"));
  for (const auto each : {id, other}) {
    CHECK(by.all_show(each, "EduRegistered"));
    CHECK(by.shows("educations", each, "status", "EduRegistered"));
    CHECK(by.times("education", each, "EduRegistered") == 1);
  }
  CHECK(by.counts("educations", 2));
}

TEST_CASE("edu 9: who cancels while education is away is never enrolled") {
  school by;
  REQUIRE(by.stop("education"));
  const auto id = by.applied();
  REQUIRE(by.cancelled(id));
  CHECK(by.shows("payments", id, "status", "PayCancelled"));
  CHECK(by.shows("mypages", id, "status", "EduAppCancelled"));
  REQUIRE(by.start("education"));
  CHECK(by.all_show(id, "EduCancelled"));
  CHECK(by.is_gone(id));
  // A later one is enrolled, so nothing of the first is still on its way.
  CHECK(by.all_show(by.applied(), "EduRegistered"));
  CHECK(by.get("educations", id).status == 404);
  CHECK(by.times("education", id, "EduCancelled") == 1);
  CHECK(by.counts("educations", 1));
}

TEST_CASE("edu: a cancellation is followed by payment and my page after they were away") {
  school by;
  const auto away = GENERATE(as<std::string>{}, "payment", "mypage");
  const auto id = by.applied();
  REQUIRE(by.all_show(id, "EduRegistered"));
  REQUIRE(by.stop(away));
  REQUIRE(by.cancelled(id));
  CHECK(by.is_gone(id));
  REQUIRE(by.start(away));
  CHECK(by.shows("payments", id, "status", "PayCancelled"));
  CHECK(by.all_show(id, "EduCancelled"));
}

TEST_CASE("edu: without app a course is completed, and the application catches up") {
  school by;
  const auto id = by.applied();
  REQUIRE(by.all_show(id, "EduRegistered"));
  REQUIRE(by.stop("app"));
  check_refused_as_down([&] { return by.post("eduApplications", msa); });
  CHECK(by.change("PATCH", "educations", id, object{{"status", "EduCompleted"}}).status == 200);
  CHECK(by.shows("mypages", id, "status", "EduCompleted"));
  REQUIRE(by.start("app"));
  CHECK(by.shows("eduApplications", id, "status", "EduCompleted"));
}

TEST_CASE("edu: what payment did too late leaves no trace anywhere") {
  school by;
  REQUIRE(by.delay("payment", "1000..1000ms")); // it has 610 ms
  const auto late = by.post("eduApplications", msa);
  CHECK(late.status == 504);
  CHECK(late.code() == "ASK_TIMEOUT");
  REQUIRE(by.delay("payment", "off"));
  CHECK(by.all_show(by.applied(), "EduRegistered"));
  for (const char* list : {"payments", "educations", "mypages", "eduApplications"}) {
    INFO(list);
    CHECK(by.counts(list, 1));
  }
}

TEST_CASE("edu 10: without its configuration a node does not start and says why") {
  const school by;
  const temp_folder scratch;
  const auto data = scratch.path() / "data";
  const auto refused = [&](std::vector<std::string> flags, std::string_view what) {
    flags.insert(flags.end(), {"--data", data.string(), "--listen",
                               "tcp://127.0.0.1:" + std::to_string(free_port())});
    const auto how = run_program("troupe-node", std::move(flags));
    INFO(how.output);
    CHECK(how.exit_code > 0);
    CHECK(how.exit_code < 128);
    CHECK(how.output.find(what) != std::string::npos);
    CHECK(how.output.find("listening") == std::string::npos);
  };
  const auto file = (scratch.path() / "node.toml").string();
  refused({"--config", file}, file);
  std::ofstream{file} << "system = [\"edu\"]\npaymenturl = \"http://payment:8080\"\n";
  refused({"--config", file}, "paymenturl");
  refused({"--system", "education"}, "education");
  refused({"--delay", "edu.payment=slowly"}, "slowly");
  CHECK(by.all_show(by.applied(), "EduRegistered")); // the running one is unaffected

  std::ofstream{file} << "system = [\"edu\"]\n";
  test_node other{data, {"--config", file}};
  other.start();
  auto nodes = connect_to(other);
  CHECK(all_up(nodes));
}

TEST_CASE("edu: a killed node keeps what it acknowledged and leaves nothing half done") {
  constexpr int requests = 60;
  school by{"4"};
  persistent_posts posts{by.gateway(), by.path("eduApplications"), msa, requests};
  REQUIRE(eventually([&] { return posts.acknowledged() >= requests / 4; }));
  REQUIRE(by.kill_and_restart());
  const auto ids = posts.ids();
  REQUIRE(ids.size() == requests);
  for (const auto id : ids) {
    CHECK(by.all_show(id, "EduRegistered"));
    CHECK(by.shows("educations", id, "status", "EduRegistered"));
    CHECK(text(by.get("payments", id).body, "status") == "Paid");
  }
  for (const auto id : {ids.front(), ids[requests / 2], ids.back()})
    CHECK(by.times("education", id, "EduRegistered") == 1);
  CHECK(by.total("eduApplications") == requests);
  for (const char* list : {"payments", "educations", "mypages"})
    CHECK(by.counts(list, requests));
}

TEST_CASE("edu: what contexts missed before a kill is caught up once after it") {
  school by;
  const auto kept = by.applied();
  const auto dropped = by.applied();
  REQUIRE(by.all_show(kept, "EduRegistered"));
  REQUIRE(by.all_show(dropped, "EduRegistered"));
  for (const char* context : {"education", "payment", "mypage"})
    REQUIRE(by.stop(context));
  REQUIRE(by.cancelled(dropped));
  REQUIRE(by.kill_and_restart()); // what an operator stopped stays so
  for (const char* context : {"education", "payment", "mypage"})
    REQUIRE(by.start(context));
  CHECK(by.all_show(dropped, "EduCancelled"));
  CHECK(by.shows("payments", dropped, "status", "PayCancelled"));
  CHECK(by.is_gone(dropped));
  CHECK(by.all_show(kept, "EduRegistered"));
  CHECK(by.times("education", dropped, "EduCancelled") == 1);
  CHECK(by.times("payment", dropped, "PayCancelled") == 1);
  CHECK(text(by.get("payments", kept).body, "status") == "Paid");
  CHECK(by.counts("educations", 1));
  CHECK(by.counts("payments", 2));
  CHECK(by.counts("mypages", 2));
}

} // namespace
} // namespace troupe::test
