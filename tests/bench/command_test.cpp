#include "bench/command.hpp"

#include "bench/own_node.hpp"
#include "messages/json.hpp"
#include "tests/bench/answering_node.hpp"

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::bench;
using troupe::test::answering_node;

namespace {

constexpr int untouched = -1;

/// Runs `troupe bench …`; the exit code.
int run(std::vector<std::string> words) {
  CLI::App app;
  int exit_code = untouched;
  add_bench_command(app, exit_code);
  words.insert(words.begin(), "bench");
  std::reverse(words.begin(), words.end()); // CLI11 takes them from the back
  app.parse(words);
  return exit_code;
}

/// Sends standard output to a file for as long as it lives.
class standard_output_to {
public:
  explicit standard_output_to(const std::filesystem::path& file) {
    std::fflush(stdout);
    const int to = open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    dup2(to, STDOUT_FILENO);
    close(to);
  }
  ~standard_output_to() {
    std::fflush(stdout);
    dup2(before_, STDOUT_FILENO);
    close(before_);
  }
  standard_output_to(const standard_output_to&) = delete;
  standard_output_to& operator=(const standard_output_to&) = delete;

private:
  int before_ = dup(STDOUT_FILENO);
};

[[nodiscard]] value json_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::ostringstream text;
  text << in.rdbuf();
  return parse_json(text.str()).value();
}

} // namespace

TEST_CASE("the command measures a node and leaves its report") {
  std::int64_t refused = GENERATE(0, 1);
  answering_node node{[&](const request& from) -> std::variant<reply_content, error> {
    if (from.kind == request_kind::admin) return fail(errc::unknown_command, "no such verb");
    if (refused == 1 && from.target.number == 7) return fail(errc::overloaded, "full");
    return reply_content{.target = from.target, .seq = 1};
  }};
  const auto folder = scratch_folder::make(std::filesystem::temp_directory_path());
  REQUIRE(folder.ok());
  const auto file = folder->path() / "report.json";
  const auto measure = GENERATE(as<std::string>{}, "throughput", "roundtrip");
  const int exit_code =
      run({"--endpoint", node.endpoint(), "--measure", measure, "--duration", "50ms", "--warmup",
           "0s", "--runs", "2", "--aggregates", "10", "--in-flight", "8", "--scratch",
           folder->path().string(), "--json", file.string()});
  CHECK(exit_code == (refused == 0 ? 0 : 9));
  const auto report = json_of(file);
  CHECK(*report.find("clean") == value{refused == 0});
  CHECK_FALSE(report.find("figures")->get_if<value::array>()->empty());
}

TEST_CASE("with -o json the report is all there is on standard output") {
  answering_node node{[](const request& from) -> std::variant<reply_content, error> {
    return reply_content{.target = from.target, .seq = 1};
  }};
  const auto folder = scratch_folder::make(std::filesystem::temp_directory_path());
  REQUIRE(folder.ok());
  const auto file = folder->path() / "stdout";
  int exit_code = untouched;
  {
    const standard_output_to redirected{file};
    exit_code = run({"--endpoint", node.endpoint(), "--node-pid", std::to_string(getpid()), "-o",
                     "json", "--duration", "50ms", "--warmup", "0s", "--runs", "1", "--in-flight",
                     "8", "--scratch", folder->path().string()});
  }
  CHECK(exit_code == 0);
  CHECK(*json_of(file).find("kind") == value{"BenchReport"});
}

TEST_CASE("a scenario of a node that does not serve its system is no result") {
  answering_node node{[](const request&) -> std::variant<reply_content, error> {
    return reply_content{.payload = encode_value(value{value::object{}})};
  }};
  CHECK(run({"--scenario", "taxi", "--endpoint", node.endpoint(), "--node-pid", "1"}) == 5);
}

TEST_CASE("wrong words are refused before anything is measured") {
  CHECK_THROWS_AS(run({"--duration", "10"}), CLI::ParseError);
  CHECK_THROWS_AS(run({"--measure", "everything"}), CLI::ParseError);
  CHECK_THROWS_AS(run({"--runs", "0"}), CLI::ParseError);
  CHECK_THROWS_AS(run({"--scenario", "no-such"}), CLI::ParseError);
  CHECK_THROWS_AS(run({"--scenario", "taxi", "--measure", "idle"}), CLI::ParseError);
  CHECK_THROWS_AS(run({"--scenario", "taxi", "--stories", "0"}), CLI::ParseError);
  CHECK_THROWS_AS(run({"-o", "xml"}), CLI::ParseError);
  CHECK(run({"--workload", "no-such"}) == 2);
  CHECK(run({"--measure", "recovery"}) == 2);
  CHECK(run({"--start", "--node-binary", "/no/such/node"}) == 5);
}

TEST_CASE("a node that is not there is no result") {
  CHECK(run({"--endpoint", "tcp://127.0.0.1:1", "--duration", "50ms", "--node-pid", "1"}) > 0);
}
