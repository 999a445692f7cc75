#include "bin/cli/plain_text.hpp"

#include <catch2/catch.hpp>

using namespace troupe::cli;

TEST_CASE("Nothing that controls a terminal gets through") {
  CHECK(plain_line("a\nb\tc\x1b[31m") == "a\\nb\\tc\\x1b[31m");
  CHECK(plain_line("\xc2\x9b"
                   "31m") == "\\u009b31m");
  CHECK(plain_line("abc\xe2\x80\xae"
                   "def") == "abc\\u202edef");
  CHECK(plain_line("\xff\xc0\x80") == "\\xff\\xc0\\x80");
  CHECK(plain_line("서울 é") == "서울 é");
}

TEST_CASE("Wide characters take two columns") {
  CHECK(columns_of("junja") == 5);
  CHECK(columns_of("서울") == 4);
  CHECK(columns_of("e\xcc\x81") == 1);
}

TEST_CASE("Times are RFC 3339 in UTC") {
  CHECK(time_text(0) == "1970-01-01T00:00:00.000Z");
  CHECK(time_text(1'700'000'000'123) == "2023-11-14T22:13:20.123Z");
}

TEST_CASE("Durations are short") {
  CHECK(duration_text(999) == "999 ms");
  CHECK(duration_text(12'345) == "12.3 s");
  CHECK(duration_text(250'000) == "4 m 10 s");
  CHECK(duration_text(11'100'000) == "3 h 5 m");
  CHECK(duration_text(187'200'000) == "2 d 4 h");
}
