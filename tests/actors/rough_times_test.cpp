#include "actors/rough_times.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace std::chrono_literals;

TEST_CASE("a rough time is never too low and at most two fifths too high", "[top]") {
  CHECK_FALSE(rough_times{}.p99_us());
  for (std::int64_t us = 1; us < 10'000'000; us += 1 + us / 50) {
    rough_times of;
    of.note(std::chrono::microseconds{us});
    const auto said = static_cast<std::int64_t>(of.p99_us().value());
    CAPTURE(us, said);
    CHECK(said >= us);
    CHECK(said * 100 <= us * 150);
  }
  rough_times of;
  for (int i = 0; i < 99; ++i)
    of.note(10us);
  of.note(9ms);
  CHECK(of.p99_us() == 12);
  of.note(9ms);
  CHECK(of.p99_us().value() >= 9'000);
  for (int i = 0; i < 200'000; ++i) // more than a bucket holds
    of.note(10us);
  CHECK(of.p99_us() == 12);
}
