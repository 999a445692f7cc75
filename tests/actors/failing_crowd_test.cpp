#include "actors/failing_crowd.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

constexpr monotonic_time start{std::chrono::hours{1}};

/// How many different ones fail, one each `apart`, until it is a crowd; 0: never, of `most`.
std::size_t crowd_at(std::size_t residents, std::chrono::milliseconds apart, std::size_t most) {
  failing_crowd crowd;
  for (std::size_t i = 1; i <= most; ++i)
    if (crowd.on_failure({static_cast<std::int64_t>(i)}, residents,
                         start + static_cast<int>(i) * apart))
      return i;
  return 0;
}

} // namespace

TEST_CASE("fewer than twenty are no crowd, however few there are", "[crowd]") {
  CHECK(crowd_at(19, 1ms, 19) == 0);
  CHECK(crowd_at(100, 1ms, 30) == 20);
}

TEST_CASE("of many, more than one in twenty has to fail", "[crowd]") {
  CHECK(crowd_at(400, 1ms, 100) == 21);
  CHECK(crowd_at(10'000, 1ms, 1'000) == 501);
}

TEST_CASE("failures count for ten seconds", "[crowd]") {
  CHECK(crowd_at(100, 499ms, 1'000) == 20);
  CHECK(crowd_at(100, 600ms, 1'000) == 0);
}

TEST_CASE("one that fails again and again is one", "[crowd]") {
  failing_crowd crowd;
  for (int i = 0; i < 1'000; ++i)
    CHECK_FALSE(crowd.on_failure({7}, 30, start + i * 1ms));
  CHECK(crowd.size() == 1);
}

TEST_CASE("after a crowd it begins again", "[crowd]") {
  failing_crowd crowd;
  int crowds = 0;
  for (std::int64_t i = 1; i <= 60; ++i)
    crowds += crowd.on_failure({i}, 100, start) ? 1 : 0;
  CHECK(crowds == 3);
}
