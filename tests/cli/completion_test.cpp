#include "bin/cli/completion.hpp"

#include "bin/cli/child_process.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <thread>

using namespace troupe;
using namespace troupe::cli;

namespace {

/// Runs a bash script and gives what it printed.
std::string bash(const std::string& script) {
  auto started = child_process::start({"bash", "/bin/bash", {"-c", script}});
  REQUIRE(started);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while ((*started)->running() && std::chrono::steady_clock::now() < until) {
    (*started)->poll();
    std::this_thread::yield();
  }
  (*started)->poll();
  std::string out;
  for (const std::string& each : (*started)->lines())
    out += each + '\n';
  return out;
}

std::string completed(const std::string& words) {
  const auto script = completion_script(troupe_tool(), "bash");
  REQUIRE(script);
  return bash(*script + "\ncompopt() { :; }\nCOMP_WORDS=(" + words +
              ")\nCOMP_CWORD=$((${#COMP_WORDS[@]}-1))\n_troupe\nprintf '%s ' \"${COMPREPLY[@]}\"\n"
              "echo");
}

} // namespace

TEST_CASE("Every shell's script names every command and option") {
  for (const tool_info* tool : {&troupe_tool(), &inspector_tool()})
    for (const char* shell : {"bash", "zsh", "fish"}) {
      const auto script = completion_script(*tool, shell);
      REQUIRE(script);
      for (const tool_command& command : tool->commands) {
        INFO(shell << ": " << command.path);
        const std::string last{command.path.substr(command.path.rfind(' ') + 1)};
        CHECK(script->find(last) != std::string::npos);
        for (const option_info& option : command.options)
          CHECK(script->find(option.name.substr(2)) != std::string::npos);
      }
    }
  CHECK_FALSE(completion_script(troupe_tool(), "csh"));
}

TEST_CASE("bash completes commands, their second word, contexts and values") {
  CHECK(completed("troupe se") == "send \n");
  CHECK(completed("troupe context st") == "stop start \n");
  CHECK(completed("troupe list taxi.d") == "taxi.driver \n");
  CHECK(completed("troupe view rebuild taxi.c") == "taxi.callList \n");
  CHECK(completed("troupe get taxi.p") == "taxi.payment/ \n");
  CHECK(completed("troupe status -o js") == "json jsonl \n");
  CHECK(completed("troupe send taxi.driver/1 changeS") == "changeStatus \n");
  CHECK(completed("troupe run ta") == "taxi \n");
  CHECK(completed("troupe describe ta") == "taxi \n");
}

TEST_CASE("A shell of ours completes as the scripts do") {
  using words = std::vector<std::string>;
  const auto& tool = inspector_tool();
  CHECK(completions(tool, {}, "chec") == words{"check"});
  CHECK(completions(tool, {"check"}, "") == words{"cluster", "disk", "lag", "node"});
  CHECK(completions(tool, {"check", "lag", "--format"}, "n") == words{"nagios"});
  CHECK(completions(tool, {"actor", "show"}, "taxi.dr") == words{"taxi.driver/"});
  CHECK(completions(tool, {"actor", "ls"}, "--st") == words{"--state"});
  CHECK(completions(tool, {"breaker", "ls", "--asking"}, "taxi.call") ==
        words{"taxi.call", "taxi.callList"});
  CHECK(completions(tool, {"nothing"}, "x").empty());
}

TEST_CASE("fish completes options with and without values, and quotes what would end a text") {
  const auto script = completion_script(inspector_tool(), "fish");
  REQUIRE(script);
  CHECK(script->find("-n '__fish_seen_subcommand_from check; and __fish_seen_subcommand_from lag' "
                     "-l warning -x -d ") != std::string::npos);
  CHECK(script->find("-l reference -d ") != std::string::npos);
  const auto other = completion_script(troupe_tool(), "fish");
  REQUIRE(other);
  CHECK(other->find("n1\\'s /metrics") != std::string::npos); // a bare one would end the text
}
