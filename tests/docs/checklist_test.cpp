#include "bin/cli/system_map.hpp"
#include "tests/docs/markdown.hpp"
#include "tests/docs/named_proofs.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <sstream>

/// docs/checklist.md answers every point, and what it and the systems' pages name as proof exists.
namespace troupe::test {
namespace {

constexpr int points = 35;

/// The part of the page below the heading of a point.
std::string section_of(const std::string& page, int point) {
  const std::string number = std::to_string(point) + ". ";
  const auto begin = page.find("\n### " + number);
  if (begin == std::string::npos) return {};
  const auto end = page.find("\n#", begin + 1);
  return page.substr(begin, end == std::string::npos ? end : end - begin);
}

/// The points that the table at the top of the page lists under a word.
std::set<int> summary(const std::string& page, std::string_view word) {
  std::set<int> found;
  const auto all = tables(page);
  for (const table_row& row : all.at(0).rows) {
    std::istringstream numbers{row.cells.at(1)};
    std::string each;
    while (row.cells.at(0) == word && std::getline(numbers, each, ','))
      found.insert(std::stoi(each));
  }
  return found;
}

bool contains(const std::string& text, std::string_view wanted) {
  return text.find(wanted) != std::string::npos;
}

/// A test, command or script that is there, or a page that tells more (links are checked by tidy).
bool proves(const std::string& section, const test_index& index) {
  for (const std::string& span : code_spans(section))
    if (judge(span, index) == proof::good) return true;
  return contains(section, "](");
}

TEST_CASE("every point of the checklist is answered: shown, partly or not yet") {
  const std::string page = page_text("docs/checklist.md");
  const test_index index{std::filesystem::path{TROUPE_SOURCE_DIR} / "tests"};
  for (int point = 1; point <= points; ++point) {
    INFO("docs/checklist.md, point " << point);
    const std::string section = section_of(page, point);
    REQUIRE_FALSE(section.empty());
    const bool shown = contains(section, "**Shown.**");
    const bool partly = contains(section, "**Partly.**");
    const bool missing = contains(section, "**Not yet.**");
    CHECK(int{shown} + int{partly} + int{missing} == 1);
    if (shown || partly) CHECK(proves(section, index));
    // Who reads that something is missing wants to know what.
    if (partly || missing) CHECK(contains(section, "Missing:"));
    CHECK(summary(page, shown ? "shown" : (partly ? "partly" : "not yet")).contains(point));
  }
  CHECK(section_of(page, points + 1).empty());
  CHECK(summary(page, "shown").size() + summary(page, "partly").size() +
            summary(page, "not yet").size() ==
        points);
}

TEST_CASE("every test, command and script that checklist and system pages name exists") {
  const test_index index{std::filesystem::path{TROUPE_SOURCE_DIR} / "tests"};
  std::vector<std::string> pages{"docs/checklist.md"};
  for (const std::string_view system : cli::systems_of(all_contexts()))
    pages.push_back("docs/systems/" + std::string{system} + ".md");
  for (const std::string& page : pages)
    for (const std::string& span : code_spans(page_text(page))) {
      INFO(page << ": `" << span << '`');
      CHECK(judge(span, index) != proof::wrong);
    }
}

} // namespace
} // namespace troupe::test
