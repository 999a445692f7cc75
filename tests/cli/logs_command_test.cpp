#include "tests/cli/fake_cluster.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

using namespace troupe;
using namespace troupe::cli;

namespace {

struct with_logs : stage {
  test::temp_folder scratch;
  with_logs() {
    std::filesystem::create_directories(scratch.path() / "logs");
    write("n1", "2026-11-20T13:15:04.001Z a\n2026-11-20T13:15:04.003Z c\n");
    write("gateway", "time=2026-11-20T13:15:04.002Z b\x1b[31m\n");
  }
  void write(const char* name, const std::string& text) const {
    std::ofstream{scratch.path() / "logs" / (std::string{name} + ".log"), std::ios::app} << text;
  }
  int logs(std::vector<std::string> words = {}) {
    words.insert(words.begin(), "logs");
    words.insert(words.end(), {"--data", scratch.path().string()});
    return troupe(std::move(words));
  }
};

} // namespace

TEST_CASE("Logs are shown merged by time, each line with whose it is, safe for a terminal") {
  with_logs on;
  CHECK(on.logs() == 0);
  CHECK(on.out.str() == "n1      | 2026-11-20T13:15:04.001Z a\n"
                        "gateway | time=2026-11-20T13:15:04.002Z b\\x1b[31m\n"
                        "n1      | 2026-11-20T13:15:04.003Z c\n");
}

TEST_CASE("One log, its newest lines, as data") {
  with_logs on;
  CHECK(on.logs({"n1", "-n", "1"}) == 0);
  CHECK(on.out.str() == "n1 | 2026-11-20T13:15:04.003Z c\n");
  CHECK(on.logs({"n1", "-n", "1", "-o", "json"}) == 0);
  CHECK(on.out.str() == "{\"node\":\"n1\",\"time\":\"2026-11-20T13:15:04.003Z\","
                        "\"line\":\"2026-11-20T13:15:04.003Z c\"}\n");
}

TEST_CASE("Following ends with Ctrl-C") {
  with_logs on;
  on.waits_before_stop = 3;
  CHECK(on.logs({"-f"}) == 0);
  CHECK(on.lines_printed() == 3);
}

TEST_CASE("An unknown node, no logs at all, and a bad number are said") {
  with_logs on;
  CHECK(on.logs({"n7"}) == 5);
  CHECK(on.err.str().find("There are: gateway, n1") != std::string::npos);
  CHECK(on.logs({"-n", "0"}) == 2);
  std::filesystem::remove_all(on.scratch.path() / "logs");
  CHECK(on.logs() == 5);
}
