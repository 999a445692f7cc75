#include "bin/cli/failure.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <sstream>

using namespace troupe;
using namespace troupe::cli;

TEST_CASE("A failure has three lines: what, why with its code, what next") {
  std::ostringstream err;
  print(err,
        failed("cannot get taxi.call/1", fail(errc::not_found, "there is none"), "look again"));
  CHECK(err.str() == "error: cannot get taxi.call/1\n  why: there is none (NOT_FOUND)\n"
                     "  try: look again\n");
}

TEST_CASE("A failure shows the business reason and no raw control characters") {
  std::ostringstream err;
  print(err, failed("cannot send", error{errc::rejected, "INVALID_TRANSITION", "no\n\x1b[2J", 0}));
  CHECK(err.str().find("(INVALID_TRANSITION)") != std::string::npos);
  CHECK(err.str().find('\x1b') == std::string::npos);
  const std::string text = err.str();
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
}

TEST_CASE("Every error of the table gives an exit code of the list and advice") {
  for (const error_info& row : error_table()) {
    INFO(row.name);
    const failure made = failed("x", fail(row.code, {}));
    CHECK(made.exit == row.exit_code);
    CHECK(made.why == row.meaning);
    CHECK_FALSE(made.next.empty());
    CHECK(
        std::any_of(std::begin(exit_codes), std::end(exit_codes), [&](const exit_code_info& each) {
          return static_cast<int>(each.code) == made.exit;
        }));
  }
}
