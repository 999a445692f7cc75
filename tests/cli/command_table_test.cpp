#include "bin/cli/command_table.hpp"

#include "bin/cli/exit_code.hpp"
#include "bin/cli/invocation.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <sstream>

using namespace troupe;
using namespace troupe::cli;

namespace {

std::string page() {
  std::ifstream in{std::string{TROUPE_DOCS_DIR} + "/cli.md"};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<std::string> words_of(std::string_view line) {
  std::istringstream in{std::string{line}};
  return {std::istream_iterator<std::string>{in}, {}};
}

} // namespace

TEST_CASE("Every command has a meaning and an example, and help starts with the examples") {
  for (const tool_info* tool : {&troupe_tool(), &inspector_tool()})
    for (const tool_command& each : tool->commands) {
      INFO(each.path);
      CHECK_FALSE(each.meaning.empty());
      REQUIRE_FALSE(each.examples.empty());
      const std::string help = help_text(*tool, each);
      const std::size_t examples = help.find("Examples:");
      REQUIRE(examples != std::string::npos);
      CHECK(examples < help.find("\nOptions:"));
      CHECK(help_text(*tool).find(each.meaning) != std::string::npos);
      for (const option_info& option : each.options)
        CHECK(help.find(option.name) != std::string::npos);
    }
}

TEST_CASE("The examples in the help are well-formed command lines") {
  const auto unset = [](const std::string&) { return std::optional<std::string>{}; };
  for (const tool_info* tool : {&troupe_tool(), &inspector_tool()})
    for (const tool_command& each : tool->commands)
      for (const example_info& example : each.examples) {
        INFO(example.line);
        auto words = words_of(with_names(example.line));
        // Examples with a shell around them are not a command line of ours alone.
        if (words.front() != tool->name || example.line.find_first_of("|>'") != std::string::npos ||
            each.attached)
          continue;
        words.erase(words.begin());
        const auto parsed = parse_line(*tool, words, unset);
        REQUIRE(std::holds_alternative<invocation>(parsed));
        CHECK(std::get<invocation>(parsed).command == &each);
      }
}

TEST_CASE("docs/cli.md has every command as `--help` shows it, every shared option and exit code") {
  const std::string text = page();
  REQUIRE_FALSE(text.empty());
  for (const tool_info* tool : {&troupe_tool(), &inspector_tool()})
    for (const tool_command& each : tool->commands) {
      INFO(tool->name << ' ' << each.path);
      CHECK(text.find('`' + usage_line(*tool, each) + '`') != std::string::npos);
      CHECK(text.find(each.meaning) != std::string::npos);
      for (const option_info& option : each.options)
        CHECK(text.find('`' + std::string{option.name}) != std::string::npos);
    }
  for (const option_info& each : shared_options())
    CHECK(text.find('`' + std::string{each.name}) != std::string::npos);
  for (const exit_code_info& each : exit_codes) {
    INFO(each.meaning);
    CHECK(text.find("| " + std::to_string(static_cast<int>(each.code)) + " | " + each.meaning) !=
          std::string::npos);
  }
}
