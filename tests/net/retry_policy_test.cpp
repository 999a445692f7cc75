#include "net/retry_policy.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace std::chrono_literals;

TEST_CASE("the wait before a retry is anything up to a limit that doubles until it is full") {
  seeded_random random{1};
  const backoff rule;
  for (std::uint32_t attempt = 0; attempt < 70; ++attempt) {
    const auto limit = attempt < 6 ? std::chrono::milliseconds{25 << attempt} : 1000ms;
    std::chrono::microseconds longest{0};
    for (int i = 0; i < 200; ++i) {
      const auto wait = rule.delay(attempt, random);
      CHECK(wait >= 0us);
      CHECK(wait <= limit);
      longest = std::max(longest, wait);
    }
    CHECK(longest > limit / 2);
  }
}

TEST_CASE("a quiet client may retry ten times a second, over ten seconds") {
  const monotonic_time start{1h};
  retry_budget budget;
  int taken = 0;
  while (budget.take(start))
    ++taken;
  CHECK(taken == 100);
  CHECK_FALSE(budget.take(start + 9s));
  CHECK(budget.take(start + 10s));
}

TEST_CASE("a busy client may retry a tenth of its calls on top") {
  const monotonic_time start{1h};
  retry_budget budget;
  for (int i = 0; i < 1000; ++i)
    budget.note_call(start);
  int taken = 0;
  while (budget.take(start + 1s))
    ++taken;
  CHECK(taken == 200);
  // Once the calls are older than the window, they earn nothing.
  CHECK_FALSE(budget.take(start + 10s));
  CHECK(budget.take(start + 11s));
}
