#include "tests/docs/markdown.hpp"

#include <catch2/catch.hpp>

namespace troupe::test {
namespace {

using texts = std::vector<std::string>;

constexpr const char* page = "# Title\n"
                             "text `one` and `two words`\n"
                             "```sh\n"
                             "# no heading `no span`\n"
                             "| no | table |\n"
                             "```\n"
                             "## Second part\n"
                             "| a | `b` |\n"
                             "|---|---|\n"
                             "| 1 | x \\| y |\n"
                             "\n"
                             "```\n```\n";

TEST_CASE("headings, code spans and tables are found outside of blocks only") {
  CHECK(headings(page) == texts{"Title", "Second part"});
  CHECK(code_spans(page) == texts{"one", "two words", "b"});
  const auto found = tables(page);
  REQUIRE(found.size() == 1);
  CHECK(found[0].heads == texts{"a", "`b`"});
  REQUIRE(found[0].rows.size() == 1);
  CHECK(found[0].rows[0].cells == texts{"1", "x | y"});
  CHECK(found[0].rows[0].line == 10);
}

TEST_CASE("a code span that goes over its line's end is refused") {
  CHECK_THROWS_WITH(code_spans("a\n`one\ntwo`"), "line 2: an open code span");
}

TEST_CASE("blocks have their language, text and place") {
  const auto found = fenced_blocks(page);
  REQUIRE(found.size() == 2);
  CHECK(found[0].language == "sh");
  CHECK(found[0].text == "# no heading `no span`\n| no | table |\n");
  CHECK(found[0].line == 3);
  CHECK(found[1].text.empty());
}

TEST_CASE("what was written by hand is what is outside of the generated parts") {
  CHECK(by_hand("a<!-- generated: x -->b<!-- end generated -->c") == "ac");
  CHECK(by_hand("a<!-- generated: x -->b") == "a<!-- generated: x -->b");
  CHECK_THROWS_WITH(page_text("docs/none.md"), "there is no page docs/none.md");
}

} // namespace
} // namespace troupe::test
