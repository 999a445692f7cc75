#include "tests/docs/named_proofs.hpp"

#include "bin/cli/command_table.hpp"
#include "bin/cli/invocation.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <vector>

namespace troupe::test {
namespace {

std::string content(const std::filesystem::path& of) {
  std::ifstream in{of, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<std::string> words_of(std::string_view line) {
  std::istringstream in{std::string{line}};
  return {std::istream_iterator<std::string>{in}, {}};
}

/// One string literal at `at`, which moves behind it; false if there is none.
bool take_literal(std::string_view source, std::size_t& at, std::string& to) {
  const auto begin = source.find_first_not_of(" \n", at);
  if (begin == std::string_view::npos || source[begin] != '"') return false;
  for (at = begin + 1; at < source.size() && source[at] != '"'; ++at) {
    if (source[at] == '\\') ++at;
    to += source[at];
  }
  ++at;
  return true;
}

proof judge_line(const cli::tool_info& tool, std::vector<std::string> words) {
  words.erase(words.begin());
  for (const cli::tool_command& each : tool.commands)
    if (each.attached && !words.empty() && words.front() == each.path) return proof::good;
  const auto unset = [](const std::string&) { return std::optional<std::string>{}; };
  const auto parsed = cli::parse_line(tool, std::move(words), unset);
  return std::holds_alternative<cli::invocation>(parsed) ? proof::good : proof::wrong;
}

proof judged(bool there) {
  return there ? proof::good : proof::wrong;
}

} // namespace

std::set<std::string, std::less<>> test_cases_in(std::string_view source) {
  constexpr std::string_view opening = "TEST_CASE(";
  std::set<std::string, std::less<>> found;
  for (auto at = source.find(opening); at != std::string_view::npos;
       at = source.find(opening, at)) {
    at += opening.size();
    std::string name;
    while (take_literal(source, at, name)) {
    }
    if (!name.empty()) found.insert(std::move(name));
  }
  return found;
}

test_index::test_index(const std::filesystem::path& folder) {
  for (const auto& each : std::filesystem::recursive_directory_iterator{folder})
    if (each.path().filename() == "CMakeLists.txt") take_build_file(each.path());
}

void test_index::take_build_file(const std::filesystem::path& file) {
  const std::string text = content(file);
  static const std::regex test{R"(add_test\(NAME\s+(\w+))"};
  for (std::sregex_iterator at{text.begin(), text.end(), test}, end; at != end; ++at)
    ctests_.insert((*at)[1]);
  static const std::regex program{R"(add_executable\((\w+)([^)]*)\))"};
  for (std::sregex_iterator at{text.begin(), text.end(), program}, end; at != end; ++at) {
    names& cases = programs_[(*at)[1]];
    for (const std::string& source : words_of((*at)[2].str()))
      cases.merge(test_cases_in(content(file.parent_path() / source)));
  }
}

bool test_index::has_program(std::string_view program) const {
  return programs_.contains(program);
}

bool test_index::has_case(std::string_view program, std::string_view name) const {
  const auto found = programs_.find(program);
  return found != programs_.end() && found->second.contains(name);
}

proof judge(std::string_view span, const test_index& index) {
  const auto words = words_of(span);
  if (words.empty()) return proof::none;
  if (words.front().starts_with("test_")) {
    const auto begin = span.find('"');
    if (begin == std::string_view::npos || !span.ends_with('"')) return proof::wrong;
    return judged(index.has_case(words.front(), span.substr(begin + 1, span.size() - begin - 2)));
  }
  if (words.front() == "ctest")
    return judged(words.size() == 3 && words[1] == "-R" && index.has_ctest(words[2]));
  if (words.front() == "troupe") return judge_line(cli::troupe_tool(), words);
  if (words.front() == "actor-inspector") return judge_line(cli::inspector_tool(), words);
  if (words.front().starts_with("scripts/"))
    return judged(
        std::filesystem::exists(std::filesystem::path{TROUPE_SOURCE_DIR} / words.front()));
  return proof::none;
}

} // namespace troupe::test
