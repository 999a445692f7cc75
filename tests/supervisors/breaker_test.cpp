#include "tests/supervisors/breaker_driver.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <vector>

using namespace troupe;
using troupe::test::breaker_driver;
using troupe::test::milliseconds;

TEST_CASE("a breaker opens at half of twenty calls failing, not before") {
  breaker_driver driver;
  for (int calls = 0; calls < 10; ++calls)
    driver.call(ask_end::success);
  for (int calls = 0; calls < 9; ++calls)
    driver.call(ask_end::failure);
  CHECK(driver.machine.state() == breaker_state::closed);
  driver.call(ask_end::failure);
  REQUIRE(driver.machine.state() == breaker_state::open);
  const breaker_transition& opened = driver.machine.transitions().back();
  CHECK(opened.from == breaker_state::closed);
  CHECK(opened.when == driver.now());
  CHECK(opened.cause == call_counts{20, 10, 0});
}

TEST_CASE("a breaker stays closed while fewer than half fail or fewer than twenty were made") {
  breaker_driver few;
  for (int calls = 0; calls < 19; ++calls)
    few.call(ask_end::failure);
  CHECK(few.machine.state() == breaker_state::closed);

  breaker_driver mostly_good;
  for (int calls = 0; calls < 1000; ++calls)
    mostly_good.call(calls % 100 < 51 ? ask_end::success : ask_end::failure);
  CHECK(mostly_good.machine.state() == breaker_state::closed);
}

TEST_CASE("what the business refuses never opens a breaker") {
  breaker_driver driver;
  for (int calls = 0; calls < 1000; ++calls)
    driver.call(ask_end::ignored, milliseconds{5000});
  CHECK(driver.machine.state() == breaker_state::closed);
  CHECK(driver.machine.counts() == call_counts{});
}

TEST_CASE("calls at nine tenths of their timeout open a breaker though they succeed") {
  breaker_driver driver{{.timeout = milliseconds{1000}}};
  for (int calls = 0; calls < 100; ++calls)
    driver.call(ask_end::success, milliseconds{899});
  CHECK(driver.machine.state() == breaker_state::closed);
  driver.time.advance(milliseconds{11'000});
  for (int calls = 0; calls < 4; ++calls)
    driver.call(ask_end::success, milliseconds{10});
  for (int calls = 0; calls < 15; ++calls)
    driver.call(ask_end::success, milliseconds{900});
  CHECK(driver.machine.state() == breaker_state::closed);
  driver.call(ask_end::success, milliseconds{900});
  REQUIRE(driver.machine.state() == breaker_state::open);
  CHECK(driver.machine.transitions().back().cause == call_counts{20, 0, 16});
}

TEST_CASE("an open breaker refuses with the time to wait") {
  breaker_driver driver;
  driver.break_open();
  const auto refused = driver.machine.admit(driver.now());
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == errc::circuit_open);
  CHECK(refused.error().retry_after_ms >= 4000);
  CHECK(refused.error().retry_after_ms <= 6000);
  CHECK(driver.machine.refused() == 1);

  driver.time.advance(milliseconds{refused.error().retry_after_ms - 2});
  CHECK_FALSE(driver.machine.admit(driver.now()).ok());
  driver.time.advance(milliseconds{2});
  CHECK(driver.machine.admit(driver.now()).ok());
  CHECK(driver.machine.state() == breaker_state::half_open);
}

TEST_CASE("a half-open breaker lets three probes out at once and ten in all") {
  breaker_driver driver;
  driver.break_open();
  driver.wait_until_probes_pass();
  std::vector<std::uint64_t> out;
  for (int probe = 0; probe < 3; ++probe)
    out.push_back(driver.machine.admit(driver.now()).value());
  const auto refused = driver.machine.admit(driver.now());
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == errc::circuit_open);
  CHECK(refused.error().retry_after_ms > 0);

  int passed = 3;
  while (driver.machine.state() == breaker_state::half_open) {
    driver.machine.record(out.back(), ask_end::success, milliseconds{10}, driver.now());
    out.pop_back();
    for (auto more = driver.machine.admit(driver.now());
         more.ok() && driver.machine.state() == breaker_state::half_open;
         more = driver.machine.admit(driver.now())) {
      out.push_back(more.value());
      ++passed;
      REQUIRE(out.size() <= 3);
    }
  }
  CHECK(passed == 10);
  CHECK(driver.machine.state() == breaker_state::closed);
}

TEST_CASE("ten probes decide by the half: four failures close, five open again") {
  const auto probe = [](int failures) {
    breaker_driver driver;
    driver.break_open();
    driver.wait_until_probes_pass();
    for (int number = 0; number < 10; ++number) {
      REQUIRE(driver.call(number < failures ? ask_end::failure : ask_end::success));
    }
    return driver.machine.state();
  };
  CHECK(probe(0) == breaker_state::closed);
  CHECK(probe(4) == breaker_state::closed);
  CHECK(probe(5) == breaker_state::open);
  CHECK(probe(10) == breaker_state::open);
}

TEST_CASE("after ten seconds the probes that are in decide") {
  breaker_driver driver;
  driver.break_open();
  driver.wait_until_probes_pass();

  SECTION("one success closes") {
    driver.call(ask_end::success);
    driver.time.advance(milliseconds{10'000});
    CHECK(driver.call(ask_end::success));
    CHECK(driver.machine.state() == breaker_state::closed);
  }
  SECTION("one failure opens") {
    driver.call(ask_end::failure);
    driver.time.advance(milliseconds{10'000});
    CHECK_FALSE(driver.call(ask_end::success));
    CHECK(driver.machine.state() == breaker_state::open);
  }
  SECTION("probes that never came back open") {
    CHECK(driver.machine.admit(driver.now()).ok());
    driver.time.advance(milliseconds{10'000});
    CHECK_FALSE(driver.call(ask_end::success));
    CHECK(driver.machine.state() == breaker_state::open);
  }
  SECTION("probes that said nothing start a new round") {
    for (int probe = 0; probe < 50; ++probe)
      REQUIRE(driver.call(ask_end::ignored));
    driver.time.advance(milliseconds{10'000});
    CHECK(driver.call(ask_end::success));
    CHECK(driver.machine.state() == breaker_state::half_open);
  }
}

TEST_CASE("probes that a busy callee pushed away do not open, even if one is still out") {
  breaker_driver driver;
  driver.break_open();
  driver.wait_until_probes_pass();
  const auto out = driver.machine.admit(driver.now());
  REQUIRE(out.ok());
  REQUIRE(driver.call(ask_end::ignored));
  driver.time.advance(milliseconds{10'000});
  CHECK(driver.call(ask_end::success));
  CHECK(driver.machine.state() == breaker_state::half_open);
  driver.machine.record(out.value(), ask_end::success, milliseconds{10}, driver.now());
  CHECK(driver.machine.counts().calls == 2);
}

TEST_CASE("an answer that declines is a probe's success and no call of the window") {
  breaker_driver driver;
  for (int call = 0; call < 100; ++call)
    REQUIRE(driver.call(ask_end::declined));
  CHECK(driver.machine.counts() == call_counts{});
  driver.break_open();
  driver.wait_until_probes_pass();
  for (int probe = 0; probe < 10; ++probe)
    REQUIRE(driver.call(ask_end::declined));
  CHECK(driver.machine.state() == breaker_state::closed);
}

TEST_CASE("many answers that decline do not hide that the others fail") {
  breaker_driver driver;
  for (int call = 0; call < 100; ++call)
    REQUIRE(driver.call(ask_end::declined));
  driver.break_open();
  CHECK(driver.machine.state() == breaker_state::open);
}

TEST_CASE("a breaker may begin in an operator's state, without a change of state") {
  breaker machine{{}, std::make_unique<seeded_random>(1), breaker_mode::forced_open};
  CHECK_FALSE(machine.admit(monotonic_time{}).ok());
  CHECK(machine.mode() == breaker_mode::forced_open);
  CHECK(machine.changes() == 0);
  CHECK(machine.transitions().empty());
}

TEST_CASE("each change of state says why it came") {
  breaker_driver driver;
  const auto last = [&] { return driver.machine.transitions().back().why; };
  driver.break_open();
  CHECK(last() == breaker_reason::failures);
  driver.heal();
  CHECK(last() == breaker_reason::probes);
  CHECK(driver.machine.transitions()[1].why == breaker_reason::time);
  for (int call = 0; call < 20; ++call)
    driver.call(ask_end::success, milliseconds{900});
  CHECK(last() == breaker_reason::slow_calls);
  driver.machine.reset(driver.now());
  CHECK(last() == breaker_reason::operator_word);

  for (int call = 0; call < 400; ++call) { // four good seconds
    REQUIRE(driver.call(ask_end::success));
    driver.time.advance(milliseconds{10});
  }
  for (int call = 0; call < 300 && driver.machine.state() == breaker_state::closed; ++call) {
    driver.call(ask_end::failure);
    driver.time.advance(milliseconds{10});
  }
  REQUIRE(driver.machine.state() == breaker_state::open);
  CHECK(last() == breaker_reason::collapse);
  const auto cause = driver.machine.transitions().back().cause;
  CHECK(cause.failures * 10 >= cause.calls * 8);

  driver.wait_until_probes_pass();
  (void)driver.machine.admit(driver.now());
  driver.time.advance(milliseconds{10'000});
  (void)driver.machine.admit(driver.now());
  CHECK(last() == breaker_reason::silent_probes);
}

TEST_CASE("a result from before a change of state is ignored") {
  breaker_driver driver;
  const auto early = driver.machine.admit(driver.now()).value();
  driver.break_open();

  SECTION("while open") {
    driver.machine.record(early, ask_end::failure, milliseconds{10}, driver.now());
    CHECK(driver.machine.counts() == call_counts{});
  }
  SECTION("while half-open it takes no probe's place") {
    driver.wait_until_probes_pass();
    const auto probe = driver.machine.admit(driver.now()).value();
    driver.machine.record(early, ask_end::failure, milliseconds{4000}, driver.now());
    CHECK(driver.machine.counts() == call_counts{});
    CHECK(early != probe);
  }
  SECTION("while closed again") {
    driver.heal();
    driver.machine.record(early, ask_end::failure, milliseconds{4000}, driver.now());
    CHECK(driver.machine.counts() == call_counts{});
  }
}

TEST_CASE("the open time doubles to a minute and shrinks after a calm minute only") {
  breaker_driver driver;
  constexpr std::array<int, 6> expected_ms{5000, 10'000, 20'000, 40'000, 60'000, 60'000};
  driver.break_open();
  for (const int base : expected_ms) {
    const auto open_for = driver.machine.transitions().back().open_for;
    CHECK(open_for >= milliseconds{base * 8 / 10});
    CHECK(open_for <= milliseconds{base * 12 / 10});
    driver.wait_until_probes_pass();
    for (int probe = 0; probe < 10; ++probe)
      driver.call(ask_end::failure);
  }

  SECTION("59 seconds closed are not calm") {
    driver.heal();
    driver.time.advance(milliseconds{59'000});
    driver.break_open();
    CHECK(driver.machine.transitions().back().open_for >= milliseconds{48'000});
  }
  SECTION("60 seconds closed are") {
    driver.heal();
    driver.time.advance(milliseconds{60'000});
    driver.break_open();
    CHECK(driver.machine.transitions().back().open_for <= milliseconds{6000});
  }
}

TEST_CASE("jitter spreads the open times of breakers over their whole range") {
  auto least = milliseconds::max();
  auto most = milliseconds::min();
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    breaker_driver driver{{}, seed};
    driver.break_open();
    const auto open_for = driver.machine.transitions().back().open_for;
    least = std::min(least, open_for);
    most = std::max(most, open_for);
  }
  CHECK(least >= milliseconds{4000});
  CHECK(least < milliseconds{4100});
  CHECK(most <= milliseconds{6000});
  CHECK(most > milliseconds{5900});
}

TEST_CASE("an operator's word holds until it is taken back") {
  breaker_driver driver;
  SECTION("forced open refuses for ever") {
    driver.machine.set_mode(breaker_mode::forced_open, driver.now());
    driver.time.advance(milliseconds{3'600'000});
    const auto refused = driver.machine.admit(driver.now());
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == errc::circuit_open);
    CHECK(refused.error().retry_after_ms > 0);
  }
  SECTION("forced closed lets failures pass and measures them") {
    driver.machine.set_mode(breaker_mode::forced_closed, driver.now());
    for (int calls = 0; calls < 100; ++calls)
      REQUIRE(driver.call(ask_end::failure));
    CHECK(driver.machine.counts() == call_counts{100, 100, 0});
  }
  SECTION("disabled lets failures pass and measures nothing") {
    driver.machine.set_mode(breaker_mode::disabled, driver.now());
    for (int calls = 0; calls < 100; ++calls)
      REQUIRE(driver.call(ask_end::failure));
    CHECK(driver.machine.counts() == call_counts{});
  }
  driver.machine.set_mode(breaker_mode::automatic, driver.now());
  CHECK(driver.machine.state() == breaker_state::closed);
  driver.break_open();
  CHECK(driver.machine.state() == breaker_state::open);
  // "Automatic" is what it already is: the open time is not cut short.
  driver.machine.set_mode(breaker_mode::automatic, driver.now());
  CHECK(driver.machine.state() == breaker_state::open);
}

TEST_CASE("the last thirty-two changes of state are kept") {
  breaker_driver driver;
  for (int round = 0; round < 20; ++round) {
    driver.break_open();
    driver.heal();
  }
  const auto& kept = driver.machine.transitions();
  CHECK(kept.size() == breaker::transitions_max);
  CHECK(kept.back().to == breaker_state::closed);
  for (std::size_t at = 1; at < kept.size(); ++at)
    CHECK(kept[at].from == kept[at - 1].to);
}

TEST_CASE("every state has a name of its own") {
  CHECK(name_of(breaker_state::closed) == "closed");
  CHECK(name_of(breaker_state::open) == "open");
  CHECK(name_of(breaker_state::half_open) == "half-open");
  CHECK(name_of(breaker_state::forced_open) == "forced-open");
  CHECK(name_of(breaker_state::forced_closed) == "forced-closed");
  CHECK(name_of(breaker_state::disabled) == "disabled");
}
