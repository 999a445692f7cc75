#include "supervisors/restart_rules.hpp"

#include "seams/clock.hpp"
#include "seams/random.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <vector>

using namespace troupe;
using std::chrono::milliseconds;
using action = restart_decision::action;

namespace {

/// A child that fails again as soon as it was restarted, unless told to run for a while.
struct failing_child {
  explicit failing_child(const restart_settings& settings, std::uint64_t seed = 1)
      : rule(settings, std::make_unique<seeded_random>(seed)) {}

  restart_decision fail(milliseconds after_running = milliseconds{1}) {
    time.advance(last.delay + after_running);
    last = rule.on_failure(time.monotonic());
    return last;
  }

  /// Fails until it is quarantined; the delays before that.
  std::vector<milliseconds> fail_until_quarantined() {
    std::vector<milliseconds> delays;
    while (fail().what == action::restart)
      delays.push_back(last.delay);
    return delays;
  }

  simulated_clock time;
  restart_rule rule;
  restart_decision last;
};

[[nodiscard]] bool near(milliseconds delay, std::int64_t base_ms) {
  return delay.count() * 10 >= base_ms * 8 && delay.count() * 10 <= base_ms * 12;
}

} // namespace

TEST_CASE("the first three restarts in ten seconds are immediate, then they back off") {
  failing_child child{aggregate_restarts()};
  for (int failure = 0; failure < 3; ++failure)
    CHECK(child.fail().delay == milliseconds{0});
  CHECK(near(child.fail().delay, 100));
  CHECK(near(child.fail().delay, 200));
  CHECK(near(child.fail().delay, 400));
  CHECK(child.rule.failures() == 6);
}

TEST_CASE("failures further apart than three in ten seconds are restarted at once") {
  failing_child child{aggregate_restarts()};
  for (int failure = 0; failure < 9; ++failure)
    CHECK(child.fail(milliseconds{4000}).delay == milliseconds{0});
}

TEST_CASE("running well for ten seconds ends the backoff") {
  failing_child child{aggregate_restarts()};
  for (int failure = 0; failure < 5; ++failure)
    child.fail();
  CHECK(near(child.last.delay, 200));
  CHECK(child.fail(milliseconds{10'000}).delay == milliseconds{0});
}

TEST_CASE("the tenth failure in ten minutes quarantines") {
  SECTION("in a row") {
    failing_child child{aggregate_restarts()};
    const auto delays = child.fail_until_quarantined();
    REQUIRE(delays.size() == 9);
    CHECK(near(delays.back(), 3200));
    CHECK(child.last.delay == std::chrono::minutes{10});
  }
  SECTION("spread out") {
    failing_child child{aggregate_restarts()};
    for (int failure = 0; failure < 9; ++failure)
      REQUIRE(child.fail(milliseconds{60'000}).what == action::restart);
    CHECK(child.fail(milliseconds{59'000}).what == action::quarantine);
  }
  SECTION("but not over a longer time") {
    failing_child child{aggregate_restarts()};
    for (int failure = 0; failure < 1000; ++failure)
      REQUIRE(child.fail(milliseconds{70'000}).what == action::restart);
  }
}

TEST_CASE("a failed trial doubles the quarantine, up to six hours") {
  failing_child child{aggregate_restarts()};
  child.fail_until_quarantined();
  std::vector<std::int64_t> minutes;
  for (int trial = 0; trial < 7; ++trial) {
    REQUIRE(child.fail().what == action::quarantine);
    minutes.push_back(std::chrono::duration_cast<std::chrono::minutes>(child.last.delay).count());
  }
  CHECK(minutes == std::vector<std::int64_t>{20, 40, 80, 160, 320, 360, 360});
}

TEST_CASE("a trial that runs well for ten minutes ends the quarantine for good") {
  failing_child child{aggregate_restarts()};
  child.fail_until_quarantined();
  CHECK(child.fail(milliseconds{600'000}).what == action::restart);
  CHECK(child.last.delay == milliseconds{0});
  child.fail_until_quarantined();
  CHECK(child.last.delay == std::chrono::minutes{10});
}

TEST_CASE("the backoff doubles up to its maximum") {
  auto patient = aggregate_restarts();
  patient.failures_max = 100;
  failing_child child{patient};
  for (int failure = 0; failure < 3; ++failure)
    child.fail();
  milliseconds waited{0};
  for (int failure = 0; failure < 10; ++failure)
    waited += child.fail().delay;
  CHECK(near(child.last.delay, 30'000));
  CHECK(near(waited, 81'100));
  CHECK(near(child.fail().delay, 30'000));
}

TEST_CASE("jitter keeps children that failed together from restarting together") {
  std::vector<std::int64_t> delays;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    failing_child child{aggregate_restarts(), seed};
    for (int failure = 0; failure < 8; ++failure)
      child.fail();
    CHECK(near(child.last.delay, 1600));
    delays.push_back(child.last.delay.count());
  }
  std::sort(delays.begin(), delays.end());
  CHECK(delays.front() < 1350);
  CHECK(delays.back() > 1850);
}

TEST_CASE("a shard restarts once at once and is tried again within ten minutes") {
  failing_child shard{shard_restarts()};
  CHECK(shard.fail().delay == milliseconds{0});
  CHECK(near(shard.fail().delay, 250));
  CHECK(near(shard.fail().delay, 500));
  shard.fail_until_quarantined();
  CHECK(shard.last.delay == std::chrono::minutes{1});
  for (int trial = 0; trial < 10; ++trial)
    REQUIRE(shard.fail().what == action::quarantine);
  CHECK(shard.last.delay == std::chrono::minutes{10});
}
