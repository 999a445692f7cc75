#include "bin/cli/command_table.hpp"

#include "bin/cli/exit_code.hpp"
#include "bin/cli/invocation.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

using namespace troupe;
using namespace troupe::cli;

namespace {

std::string page() {
  std::ifstream in{std::string{TROUPE_DOCS_DIR} + "/cli.md"};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The lines of a page outside of fenced blocks that begin with `mark` cut it; each piece has its
/// line's text first. What is before the first one is left out.
std::vector<std::pair<std::string, std::string>> pieces_of(const std::string& page,
                                                           std::string_view mark) {
  std::vector<std::pair<std::string, std::string>> pieces;
  std::istringstream in{page};
  bool fenced = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) fenced = !fenced;
    if (!fenced && line.starts_with(mark))
      pieces.emplace_back(line.substr(mark.size()), std::string{});
    else if (!pieces.empty())
      pieces.back().second += line + '\n';
  }
  CHECK_FALSE(fenced);
  return pieces;
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

TEST_CASE("docs/cli.md has every command as `--help` shows it, in a section of its own") {
  const auto parts = pieces_of(page(), "## ");
  for (const tool_info* tool : {&troupe_tool(), &inspector_tool()}) {
    const auto part =
        std::ranges::find(parts, tool->name, &std::pair<std::string, std::string>::first);
    REQUIRE(part != parts.end());
    const auto sections = pieces_of(part->second, "### ");
    std::vector<std::string> in_page, in_table;
    for (const auto& [name, text] : sections)
      in_page.push_back(name);
    for (const tool_command& each : tool->commands)
      in_table.push_back('`' + std::string{each.path} + '`');
    CHECK(in_page == in_table); // the same order
    for (const tool_command& each : tool->commands) {
      INFO(tool->name << ' ' << each.path);
      const auto at = std::ranges::find(in_page, '`' + std::string{each.path} + '`');
      REQUIRE(at != in_page.end());
      const std::string& text = sections[static_cast<std::size_t>(at - in_page.begin())].second;
      CHECK(text.starts_with("\n`" + usage_line(*tool, each) + "`\n"));
      CHECK(text.find(each.meaning) != std::string::npos);
      std::vector<std::string> rows, wanted;
      std::istringstream lines{text};
      for (std::string line; std::getline(lines, line);)
        if (line.starts_with("| `-"))
          rows.push_back(line.substr(3, line.find_first_of(" `", 3) - 3));
      for (const option_info& option : each.options)
        wanted.emplace_back(option.name);
      if (!each.attached) CHECK(rows == wanted); // else its own help has them
    }
  }
}

TEST_CASE("docs/cli.md has every shared option and exit code") {
  const std::string text = page();
  REQUIRE_FALSE(text.empty());
  for (const option_info& each : shared_options())
    CHECK(text.find('`' + std::string{each.name}) != std::string::npos);
  for (const exit_code_info& each : exit_codes) {
    INFO(each.meaning);
    CHECK(text.find("| " + std::to_string(static_cast<int>(each.code)) + " | " + each.meaning) !=
          std::string::npos);
  }
}
