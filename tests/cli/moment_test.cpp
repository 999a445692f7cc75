#include "bin/cli/moment.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

TEST_CASE("a moment is a turn, a time ago or a time") {
  constexpr std::int64_t now = 1'763'644'504'000; // 2025-11-20T13:15:04Z
  CHECK(parse_moment("17", now)->number == 17);
  CHECK_FALSE(parse_moment("17", now)->is_time);
  CHECK(parse_moment("-5m", now)->number == now - 300'000);
  CHECK(parse_moment("-5m", now)->is_time);
  CHECK(parse_moment("-2h", now)->number == now - 7'200'000);
  CHECK(parse_moment("-3d", now)->number == now - 259'200'000);
  for (const auto same : {"2025-11-20T13:15:04Z", "2025-11-20t13:15:04.000z",
                          "2025-11-20T14:15:04+01:00", "2025-11-20 08:45:04.000000-04:30"}) {
    CAPTURE(same);
    REQUIRE(parse_moment(same, now));
    CHECK(parse_moment(same, now)->number == now);
    CHECK(parse_moment(same, now)->is_time);
  }
  CHECK(parse_moment("2025-11-20T13:15:04.5Z", now)->number == now + 500);
  CHECK(parse_moment("1970-01-01T00:00:00Z", now)->number == 0);
}

TEST_CASE("what is no moment says what is one") {
  for (const auto wrong :
       {"", "0", "-", "-5", "-5y", "yesterday", "2025-11-20", "2025-11-20T13:15:04",
        "2025-13-20T13:15:04Z", "2025-02-30T13:15:04Z", "2025-11-20T24:15:04Z",
        "2025-11-20T13:15:04.Z", "2025-11-20T13:15:04+1:00", "2025-11-20T13:15:04Zx", "1e3"}) {
    CAPTURE(wrong);
    const auto refused = parse_moment(wrong, 0);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("-5m") != std::string::npos);
  }
}
