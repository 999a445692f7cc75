#include "tests/cli/fake_cluster.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace troupe;
using namespace troupe::cli;

namespace {

/// A data directory whose launcher is, as its lock file says, this very process.
struct with_launcher : stage {
  test::temp_folder scratch;
  with_launcher() {
    std::ofstream{scratch.path() / "launcher.lock"} << "node launcher (pid " << getpid() << ")\n";
    value begun;
    begun["operation"] = 7;
    for (const char* verb : {"scale", "drain", "restart", "rolling-restart", "down"})
      script.admin_answers.emplace(verb, begun);
    waits_before_stop = 100;
  }
  [[nodiscard]] std::string data() const { return scratch.path().string(); }
  int run_on(std::vector<std::string> words) {
    words.insert(words.end(), {"--data", data()});
    return troupe(std::move(words));
  }
  /// What the launcher says at the next look.
  void says(const char* state, std::vector<std::string> progress, const char* code = nullptr) {
    value operation;
    operation["number"] = 7;
    operation["title"] = "x";
    operation["state"] = state;
    operation["dropped"] = 0;
    value::array lines;
    for (const std::string& each : progress)
      lines.emplace_back(each);
    operation["progress"] = std::move(lines);
    if (code != nullptr) {
      operation["code"] = code;
      operation["message"] = "n2 did not start";
    }
    value status;
    status["pid"] = 1;
    status["operations"] = value::array{operation};
    script.admin_turns["launcher-status"].emplace_back(status);
  }
};

} // namespace

TEST_CASE("An operation is watched until it is done, each line of progress once") {
  with_launcher on;
  on.says("running", {"stopping n1"});
  on.says("running", {"stopping n1", "starting n1"});
  on.says("done", {"stopping n1", "starting n1", "n1 is up"});
  CHECK(on.run_on({"rolling-restart"}) == 0);
  CHECK(on.err.str() == "stopping n1\nstarting n1\nn1 is up\n");
  CHECK(on.out.str().find("done") != std::string::npos);
}

TEST_CASE("An operation that fails gives its reason and its exit code") {
  with_launcher on;
  on.says("failed", {}, "CALLEE_FAILED");
  CHECK(on.run_on({"restart", "n2"}) == 8);
  CHECK(on.err.str().find("error: restart n2 did not come out\n  why: n2 did not start "
                          "(CALLEE_FAILED)\n  try: ") != std::string::npos);
  on.says("failed", {}, "TIMEOUT");
  CHECK(on.run_on({"drain", "n2"}) == 6);
  on.says("failed", {}, "SOMETHING_NEW");
  CHECK(on.run_on({"drain", "n2"}) == 7);
  CHECK(on.err.str().find("(SOMETHING_NEW)") != std::string::npos);
}

TEST_CASE("What is asked reaches the launcher") {
  with_launcher on;
  CHECK(on.run_on({"drain", "n2", "--no-wait"}) == 0);
  CHECK(*on.script.arguments.find("node") == value{"n2"});
  CHECK(on.run_on({"scale", "5", "--no-wait", "-o", "json"}) == 0);
  CHECK(*on.script.arguments.find("nodes") == value{5});
  CHECK(on.out.str().find("\"running\"") != std::string::npos);
}

TEST_CASE("Ctrl-C ends the watching, not the operation, and says so") {
  with_launcher on;
  on.waits_before_stop = 0;
  on.says("running", {"stopping n1"});
  CHECK(on.run_on({"rolling-restart"}) == 130);
  CHECK(on.err.str().find("rolling-restart goes on (operation 7)") != std::string::npos);
}

TEST_CASE("A refusal of the launcher is shown with its reason") {
  with_launcher on;
  error refusal = fail(errc::rejected, "operation 6 (drain n1) is under way");
  refusal.reason = "OPERATION_UNDER_WAY";
  on.script.admin_answers.insert_or_assign("scale", result<value>{refusal});
  CHECK(on.run_on({"scale", "2"}) == 7);
  CHECK(on.err.str().find("(OPERATION_UNDER_WAY)") != std::string::npos);
}

TEST_CASE("A number of nodes that cannot be is refused before anybody is asked") {
  with_launcher on;
  for (const char* each : {"0", "17", "-1", "many"}) {
    INFO(each);
    CHECK(on.run_on({"scale", "--no-wait", "--", each}) == 2);
  }
  CHECK(on.script.arguments.is_null());
}

TEST_CASE("Without a launcher every command says how to start one") {
  stage on;
  const test::temp_folder scratch;
  const std::string data = scratch.path().string();
  const std::vector<std::vector<std::string>> lines{
      {"scale", "2"}, {"drain", "n1"}, {"restart", "n1"}, {"rolling-restart"}, {"down"}};
  for (auto words : lines) {
    INFO(words.front());
    words.insert(words.end(), {"--data", data});
    CHECK(on.troupe(words) == 3);
    CHECK(on.err.str().find("there is no launcher on " + data) != std::string::npos);
    CHECK(on.err.str().find("`troupe up --data " + data + "` starts one") != std::string::npos);
  }
}

TEST_CASE("A lock file whose process is gone names no launcher") {
  stage on;
  const test::temp_folder scratch;
  std::ofstream{scratch.path() / "launcher.lock"} << "node launcher (pid 99999999)\n";
  CHECK(on.troupe({"scale", "2", "--data", scratch.path().string()}) == 3);
}
