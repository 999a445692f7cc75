#include "tests/net/call_fixture.hpp"

#include <catch2/catch.hpp>

#include <optional>

/// When a client sends again, and when it does not send at all.
using namespace troupe;
using troupe::test::call_fixture;
using namespace std::chrono_literals;

TEST_CASE("a client above its rate waits for the hint, inside its deadline and its budget") {
  call_fixture with;
  error limited = fail(errc::rate_limited, "slow down");
  limited.retry_after_ms = 300;
  with.open(2'000ms);
  with.table.take(home_link, reply{with.send(), limited}, with.time.monotonic());
  with.pass(299ms);
  CHECK(with.send() == 0);
  with.pass(1'000ms); // the hint, or the jitter's wait where that is longer
  CHECK(with.send() != 0);
  with.open(200ms); // the hint is past its deadline
  with.table.take(home_link, reply{with.send(), limited}, with.time.monotonic());
  REQUIRE(with.outcome);
  CHECK(with.code() == errc::rate_limited);
}

TEST_CASE("a node that says never is not asked again") {
  call_fixture with;
  error never = fail(errc::overloaded, "not you");
  never.retry_after_ms = -1;
  with.open();
  with.table.take(home_link, reply{with.send(), never}, with.time.monotonic());
  REQUIRE(with.outcome);
  CHECK(with.code() == errc::overloaded);
  CHECK(with.table.counters().retries == 0);
}

TEST_CASE("retries, and those that the budget left out, are counted") {
  call_fixture with;
  with.options.attempts_max = 2;
  for (int i = 0; i < 150; ++i) {
    with.open(60'000ms);
    with.fail_with(with.send(), errc::overloaded);
  }
  // A tenth of 150 calls and a hundred: the floor of ten seconds.
  CHECK(with.table.counters().calls == 150);
  CHECK(with.table.counters().retries + with.table.counters().budget_refusals == 150);
  CHECK(with.table.counters().retries >= 100);
  CHECK(with.table.counters().retries <= 115);
}

TEST_CASE("a call with less than a millisecond left is not sent") {
  call_fixture with;
  with.open(100ms);
  CHECK(with.table.next_ready(home_link, with.time.monotonic() + 99'500us) == nullptr);
  REQUIRE(with.outcome);
  CHECK(with.code() == errc::deadline_exceeded);
  CHECK(with.outcome->error().message.find("before it was sent") != std::string::npos);
  CHECK(with.table.size() == 0);
}

TEST_CASE("a call whose link never came up could not be sent, however late that is asked") {
  call_fixture with;
  with.open(100ms);
  CHECK(with.table.waits_on(home_link));
  with.pass(99ms);
  CHECK(with.table.waits_on(home_link)); // ends nothing, unlike a look at what to send
  CHECK_FALSE(with.outcome);
  with.pass(2ms);
  REQUIRE(with.outcome);
  CHECK(with.code() == errc::unreachable);
  CHECK_FALSE(with.table.waits_on(home_link));
}
