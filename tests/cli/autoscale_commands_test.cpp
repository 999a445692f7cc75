#include "tests/cli/fake_cluster.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace troupe;
using namespace troupe::cli;

namespace {

/// A data directory with a launcher that scales, as its lock file says, and with a log.
struct with_autoscale : stage {
  test::temp_folder scratch;
  with_autoscale() {
    std::ofstream{scratch.path() / "launcher.lock"} << "node launcher (pid " << getpid() << ")\n";
    std::filesystem::create_directories(scratch.path() / "logs");
    value entry;
    entry["time"] = "2026-11-20T13:15:04.001Z";
    entry["what"] = "scale";
    entry["from"] = 1;
    entry["to"] = 2;
    entry["why"] = "cpu is high";
    value said;
    said["on"] = true;
    said["nodes"] = "1..3";
    said["targets"] = value::array{value{"cpu=60%"}};
    said["verdict"] = "wait";
    said["why"] = "cpu is 90%";
    value sample;
    sample["node"] = "n1";
    sample["cpu_percent"] = 90.5;
    said["samples"] = value::array{sample};
    said["entries"] = value::array{entry};
    script.admin_answers.emplace("autoscale", said);
    std::ofstream{scratch.path() / "logs" / "autoscale.log"}
        << R"({"time":"2026-11-20T13:15:04.001Z","what":"scale","from":1,"to":2,"why":"high"})"
        << '\n'
        << R"({"time":"2026-11-20T13:15:06.001Z","what":"done","from":1,"to":2,"why":"owned"})"
        << '\n';
  }
  int run_on(std::vector<std::string> words) {
    words.insert(words.end(), {"--data", scratch.path().string()});
    return troupe(std::move(words));
  }
  [[nodiscard]] bool shows(const char* what) const {
    return out.str().find(what) != std::string::npos;
  }
};

} // namespace

TEST_CASE("Autoscaling is shown with its reason, its samples and what it did") {
  with_autoscale on;
  CHECK(on.run_on({"autoscale", "status"}) == 0);
  CHECK(on.script.arguments.find("on") == nullptr);
  for (const char* each : {"1..3", "cpu=60%", "wait", "cpu is 90%", "90.5", "cpu is high"})
    CHECK(on.shows(each));
  CHECK(on.run_on({"autoscale", "status", "-o", "json"}) == 0);
  CHECK(on.shows("\"Autoscale\""));
}

TEST_CASE("It is switched by words") {
  with_autoscale on;
  CHECK(on.run_on({"autoscale", "off"}) == 0);
  CHECK(*on.script.arguments.find("on") == value{false});
  CHECK(on.run_on({"autoscale", "on"}) == 0);
  CHECK(*on.script.arguments.find("on") == value{true});
}

TEST_CASE("Its log is a table, the newest last, and one of the logs") {
  with_autoscale on;
  CHECK(on.run_on({"autoscale", "log"}) == 0);
  CHECK(on.shows("high"));
  CHECK(on.run_on({"autoscale", "log", "-n", "1", "-o", "json"}) == 0);
  CHECK_FALSE(on.shows("high"));
  CHECK(on.shows("owned"));
  CHECK(on.run_on({"logs", "autoscale", "-n", "1", "-o", "json"}) == 0);
  CHECK(on.shows("\"time\":\"2026-11-20T13:15:06.001Z\""));
  CHECK(on.run_on({"autoscale", "log", "-n", "0"}) == 2);
}

TEST_CASE("Without a launcher, without a log, and a launcher that does not scale are said") {
  with_autoscale on;
  error none = fail(errc::rejected, "this launcher was started without --autoscale");
  none.reason = "NO_AUTOSCALE";
  on.script.admin_answers.insert_or_assign("autoscale", result<value>{none});
  CHECK(on.run_on({"autoscale", "off"}) == 7);
  CHECK(on.err.str().find("(NO_AUTOSCALE)") != std::string::npos);
  const test::temp_folder empty;
  stage alone;
  CHECK(alone.troupe({"autoscale", "status", "--data", empty.path().string()}) == 3);
  CHECK(alone.troupe({"autoscale", "log", "--data", empty.path().string()}) == 5);
}
