#include "bin/cli/system_map.hpp"
#include "tests/docs/markdown.hpp"
#include "tests/docs/named_proofs.hpp"

#include <catch2/catch.hpp>

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
    if (partly || missing) CHECK(contains(section, "Missing: "));
  }
  CHECK(section_of(page, points + 1).empty());
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
