#include "bin/cli/shell_line.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

using words = std::vector<std::string>;

words split(std::string_view line) {
  const auto got = split_line(line);
  REQUIRE(got);
  return *got;
}

} // namespace

TEST_CASE("A line is split as a shell would") {
  CHECK(split("").empty());
  CHECK(split("  \t ").empty());
  CHECK(split("actor ls") == words{"actor", "ls"});
  CHECK(split(" actor  ls\r") == words{"actor", "ls"});
  CHECK(split("a 'b c' \"d e\"") == words{"a", "b c", "d e"});
  CHECK(split("--reason='too odd'") == words{"--reason=too odd"});
  CHECK(split("'' x") == words{"", "x"});
  CHECK(split(R"(a\ b "c\"d" "e\f" 'g\h')") == words{"a b", "c\"d", "e\\f", "g\\h"});
  CHECK(split("tree # what there is") == words{"tree"});
  CHECK(split("a#b") == words{"a#b"});
  CHECK(split("# nothing").empty());
}

TEST_CASE("A line that is not ended is refused, and says why") {
  for (const char* each : {"actor 'ls", "actor \"ls", "actor ls\\"}) {
    INFO(each);
    const auto got = split_line(each);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::malformed);
  }
}
