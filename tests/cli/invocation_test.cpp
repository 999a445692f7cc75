#include "tests/cli/fake_cluster.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

parsed_line parse(std::vector<std::string> words,
                  std::map<std::string, std::string> variables = {}) {
  return parse_line(troupe_tool(), std::move(words), [=](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional{found->second};
  });
}
invocation good(std::vector<std::string> words, std::map<std::string, std::string> variables = {}) {
  auto parsed = parse(std::move(words), std::move(variables));
  if (const auto* wrong = std::get_if<failure>(&parsed)) FAIL(wrong->why);
  return std::get<invocation>(parsed);
}
failure bad(std::vector<std::string> words) {
  const auto parsed = parse(std::move(words));
  REQUIRE(std::holds_alternative<failure>(parsed));
  CHECK(std::get<failure>(parsed).exit == 2);
  return std::get<failure>(parsed);
}
settings good_settings(std::vector<std::string> words,
                       std::map<std::string, std::string> variables = {}, bool terminal = false) {
  const auto read = settings_of(
      good(std::move(words)),
      [=](const std::string& name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional{found->second};
      },
      terminal);
  REQUIRE(std::holds_alternative<settings>(read));
  return std::get<settings>(read);
}

} // namespace

TEST_CASE("A command gets its arguments and options, wherever the shared options stand") {
  for (const auto& words :
       {std::vector<std::string>{"--timeout", "3s", "send", "taxi.call", "callTaxi", "cost=1"},
        std::vector<std::string>{"send", "taxi.call", "callTaxi", "cost=1", "--timeout=3s"}}) {
    const invocation line = good(words);
    CHECK(line.command->path == "send");
    CHECK(line.arguments == std::vector<std::string>{"taxi.call", "callTaxi", "cost=1"});
    CHECK(line.text("--timeout") == "3s");
    CHECK_FALSE(line.given("--id"));
  }
  CHECK(good({"send", "a", "b", "--json", "-"}).text("--json") == "-");
  CHECK(good({"status", "-w"}).given("--watch"));
}

TEST_CASE("Arguments may have the names of commands") {
  CHECK(good({"get", "status"}).arguments == std::vector<std::string>{"status"});
  CHECK(good({"help", "context", "stop"}).command->path == "help");
}

TEST_CASE("A flag beats the environment, the environment beats the default") {
  CHECK(good({"status"}).text("--endpoint") == "tcp://127.0.0.1:7100");
  CHECK(good({"status"}, {{"TROUPE_ENDPOINT", "tcp://b:1"}}).text("--endpoint") == "tcp://b:1");
  CHECK(good({"status", "--endpoint", "tcp://c:1"}, {{"TROUPE_ENDPOINT", "tcp://b:1"}})
            .text("--endpoint") == "tcp://c:1");
}

TEST_CASE("Wrong command lines are explained") {
  CHECK(bad({"sned"}).why.find("did you mean send?") == 0);
  CHECK(bad({"context", "stpo"}).why.find("did you mean context stop?") == 0);
  CHECK(bad({"context"}).why.find("context ls") != std::string::npos);
  CHECK(bad({"send", "taxi.call"}).why == "COMMAND is missing");
  CHECK(bad({"get", "taxi.call/1", "more"}).why == "'more' is one word too many");
  CHECK(bad({"get", "taxi.call/1", "--nope"}).what.find("troupe get") != std::string::npos);
  CHECK(bad({"status", "-o", "xml"}).why.find("table, json, jsonl, name") != std::string::npos);
}

TEST_CASE("Help is wanted by flag, by command and by saying nothing") {
  CHECK(good({}).help);
  CHECK(good({"--help"}).help);
  const invocation one = good({"context", "stop", "-h"});
  CHECK(one.help);
  CHECK(one.command->path == "context stop");
}

TEST_CASE("Times need a unit and numbers a range") {
  CHECK(*parse_duration("250ms") == std::chrono::milliseconds{250});
  CHECK(*parse_duration("2m") == std::chrono::minutes{2});
  for (const char* wrong : {"", "10", "0s", "-1s", "1h", "s", "1.5s", "99999999s"})
    CHECK_FALSE(parse_duration(wrong));
  CHECK(*parse_number("7", 1, 7) == 7);
  for (const char* wrong : {"", "8", "0", "7x", " 7", "+7"})
    CHECK_FALSE(parse_number(wrong, 1, 7));
}

TEST_CASE("Colour follows the terminal, NO_COLOR and the flag") {
  CHECK_FALSE(good_settings({"status"}).color);
  CHECK(good_settings({"status"}, {}, true).color);
  CHECK_FALSE(good_settings({"status"}, {{"NO_COLOR", "1"}}, true).color);
  CHECK_FALSE(good_settings({"status"}, {{"TERM", "dumb"}}, true).color);
  CHECK(good_settings({"status", "--color", "always"}, {{"NO_COLOR", "1"}}).color);
  CHECK_FALSE(good_settings({"status", "--color", "never"}, {}, true).color);
}

TEST_CASE("The endpoint may list several nodes; the timeout has a limit") {
  CHECK(good_settings({"status", "--endpoint", "tcp://a:1,tcp://b:2"}).endpoints ==
        std::vector<std::string>{"tcp://a:1", "tcp://b:2"});
  const auto unset = [](const std::string&) { return std::optional<std::string>{}; };
  CHECK(std::holds_alternative<failure>(
      settings_of(good({"status", "--timeout", "2m"}), unset, false)));
  CHECK(std::holds_alternative<failure>(
      settings_of(good({"status", "--endpoint", ","}), unset, false)));
}
