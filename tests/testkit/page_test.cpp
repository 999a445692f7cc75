#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <string>

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file{std::string{TROUPE_SOURCE_DIR} + "/" + path};
  REQUIRE(file);
  return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

TEST_CASE("the example of the page is the program that is compiled and run here", "[docs]") {
  const auto page = text_of("docs/testkit.md");
  const auto program = text_of("tests/testkit/example_test.cpp");
  REQUIRE_FALSE(program.empty());
  CHECK(page.find("```cpp\n" + program + "```\n") != std::string::npos);
}
