#include "supervisors/rules.hpp"

#include "seams/clock.hpp"
#include "seams/random.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace troupe;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds timeout{1000};
constexpr milliseconds quick{5};

[[nodiscard]] ask_direction way(std::string asking, std::string target) {
  return {std::move(asking), std::move(target), "n1", operation_class::command};
}

[[nodiscard]] default_supervision_rules make_rules(supervision_settings settings = {}) {
  return default_supervision_rules{std::make_unique<seeded_random>(1), settings};
}

void fail_calls(ask_guard& guard, int calls, monotonic_time now) {
  for (int number = 0; number < calls; ++number) {
    const auto permit = guard.admit(now);
    REQUIRE(permit.ok());
    guard.done(*permit, ask_end::failure, quick, now);
  }
}

} // namespace

TEST_CASE("a direction has one guard; another owner or class of operation has another") {
  auto rules = make_rules();
  const auto there = rules.guard(way("one", "two"), timeout);
  CHECK(there == rules.guard(way("one", "two"), timeout));
  CHECK(there != rules.guard(way("two", "one"), timeout));
  CHECK(there != rules.guard(way("one", "three"), timeout));
  CHECK(there != rules.guard({"one", "two", "n2", operation_class::command}, timeout));
  CHECK(there != rules.guard({"one", "two", "n1", operation_class::query}, timeout));
}

TEST_CASE("a guard refuses with the names of both contexts once its circuit is open") {
  auto rules = make_rules();
  simulated_clock time;
  const auto guard = rules.guard(way("shop", "bank"), timeout);
  fail_calls(*guard, 20, time.monotonic());
  const auto refused = guard->admit(time.monotonic());
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == errc::circuit_open);
  CHECK(refused.error().retry_after_ms >= 4000);
  CHECK(refused.error().message.find("from shop to bank") != std::string::npos);
  CHECK(rules.guard(way("shop", "post"), timeout)->admit(time.monotonic()).ok());
}

TEST_CASE("a full bulkhead refuses, which is no failure of the callee") {
  auto rules = make_rules();
  simulated_clock time;
  const auto guard = rules.guard(way("shop", "bank"), timeout);
  ask_permit last;
  for (int call = 0; call < 128; ++call)
    last = guard->admit(time.monotonic()).value();
  for (int call = 0; call < 10'000; ++call) {
    const auto refused = guard->admit(time.monotonic());
    REQUIRE_FALSE(refused.ok());
    REQUIRE(refused.error().code == errc::overloaded);
    REQUIRE(refused.error().retry_after_ms > 0);
  }
  const auto shown = rules.breakers().front();
  CHECK(shown.state == breaker_state::closed);
  CHECK(shown.counts == call_counts{});
  CHECK(shown.in_flight == 128);
  CHECK(shown.refused_full == 10'000);
  CHECK(shown.refused_open == 0);

  guard->done(last, ask_end::success, quick, time.monotonic());
  CHECK(guard->admit(time.monotonic()).ok());
}

TEST_CASE("a probe that finds the bulkhead full does not use up the circuit's probes") {
  supervision_settings settings;
  settings.in_flight_max = 21;
  auto rules = make_rules(settings);
  simulated_clock time;
  const auto guard = rules.guard(way("shop", "bank"), timeout);
  // 21 calls go out, 20 fail and open the circuit; one hangs on. The limit is then used up.
  ask_permit last;
  for (int call = 0; call < 21; ++call)
    last = guard->admit(time.monotonic()).value();
  for (int call = 0; call < 20; ++call)
    guard->done(last, ask_end::failure, quick, time.monotonic());
  REQUIRE(rules.breakers().front().state == breaker_state::open);
  time.advance(milliseconds{6000});
  int passed = 0;
  while (guard->admit(time.monotonic()).ok())
    ++passed;
  CHECK(passed == 3);
  CHECK(rules.breakers().front().in_flight == 4);
}

TEST_CASE("a guard ignores what calls from before the opening say, and closes by its probes") {
  auto rules = make_rules();
  simulated_clock time;
  const auto guard = rules.guard(way("shop", "bank"), timeout);
  const auto old = guard->admit(time.monotonic());
  REQUIRE(old.ok());
  fail_calls(*guard, 20, time.monotonic());
  time.advance(milliseconds{6000});
  const auto first = guard->admit(time.monotonic());
  REQUIRE(first.ok());
  guard->done(*old, ask_end::failure, milliseconds{6000}, time.monotonic());
  CHECK(rules.breakers().front().counts == call_counts{});
  CHECK(rules.breakers().front().in_flight == 1);

  time.advance(quick);
  guard->done(*first, ask_end::success, quick, time.monotonic());
  for (int probe = 0; probe < 9; ++probe) {
    const auto permit = guard->admit(time.monotonic());
    REQUIRE(permit.ok());
    time.advance(quick);
    guard->done(*permit, ask_end::success, quick, time.monotonic());
  }
  CHECK(rules.breakers().front().state == breaker_state::closed);
  CHECK(rules.breakers().front().in_flight == 0);
}

TEST_CASE("each change of state is told once, with its numbers") {
  std::vector<std::string> told;
  default_supervision_rules rules{
      std::make_unique<seeded_random>(1), {}, [&](const auto& which, const auto& change) {
        told.push_back(which.asking + ">" + which.target + " " + std::string{name_of(change.to)} +
                       " " + std::to_string(change.cause.failures));
      }};
  simulated_clock time;
  const auto guard = rules.guard(way("shop", "bank"), timeout);
  fail_calls(*guard, 20, time.monotonic());
  time.advance(milliseconds{6000});
  fail_calls(*guard, 10, time.monotonic());
  CHECK(told == std::vector<std::string>{"shop>bank open 20", "shop>bank half-open 0",
                                         "shop>bank open 10"});
}

TEST_CASE("an operator's word for a direction holds also before anything was asked in it") {
  auto rules = make_rules();
  simulated_clock time;
  const auto now = time.monotonic();
  const auto guard = rules.guard(way("shop", "bank"), timeout);
  CHECK(rules.set_mode(way("shop", "bank"), breaker_mode::forced_open, now).ok());
  CHECK_FALSE(guard->admit(now).ok());
  CHECK(rules.breakers().front().state == breaker_state::forced_open);
  CHECK(rules.set_mode(way("shop", "bank"), breaker_mode::automatic, now).ok());
  CHECK(guard->admit(now).ok());
  CHECK(rules.wishes().empty());

  CHECK(rules.set_mode(way("shop", "moon"), breaker_mode::forced_open, now).ok());
  CHECK(rules.breakers().size() == 1);
  CHECK_FALSE(rules.guard(way("shop", "moon"), timeout)->admit(now).ok());
  CHECK(rules.breakers().back().transitions.empty()); // it was so from its beginning
}

TEST_CASE("an operator's word for a pair holds for all of its owners and operations") {
  auto rules = make_rules();
  simulated_clock time;
  const auto now = time.monotonic();
  const auto opens = [&](const std::string& owner, operation_class operation) {
    return !rules.guard({"shop", "bank", owner, operation}, timeout)->admit(now).ok();
  };
  const auto command = operation_class::command;
  const auto query = operation_class::query;
  CHECK_FALSE(opens("n1", command));
  const direction_filter pair{"shop", "bank"};
  REQUIRE(rules.set_mode(pair, breaker_mode::forced_open, now));
  CHECK(opens("n1", command));
  CHECK(opens("n2", query)); // made since
  CHECK(rules.guard(way("post", "bank"), timeout)->admit(now).ok());

  SECTION("a narrower word after it is an exception") {
    REQUIRE(rules.set_mode(direction_filter{"shop", "bank", "n1"}, breaker_mode::automatic, now));
    REQUIRE(
        rules.set_mode(direction_filter{"shop", "bank", {}, query}, breaker_mode::disabled, now));
    CHECK_FALSE(opens("n1", command));
    CHECK_FALSE(opens("n3", query));
    CHECK(opens("n3", command));
    CHECK(rules.wishes().size() == 3);
  }
  SECTION("a broader word after narrower ones replaces them") {
    REQUIRE(rules.set_mode(direction_filter{"shop", "bank", "n1"}, breaker_mode::disabled, now));
    REQUIRE(rules.set_mode(pair, breaker_mode::forced_closed, now));
    REQUIRE(rules.wishes().size() == 1);
    CHECK(rules.breakers().back().state == breaker_state::forced_closed);
    CHECK(rules.breakers().front().state == breaker_state::closed); // of another pair
  }
  SECTION("taking it back leaves nothing") {
    REQUIRE(rules.set_mode(pair, breaker_mode::automatic, now));
    CHECK(rules.wishes().empty());
    CHECK_FALSE(opens("n2", query));
    CHECK_FALSE(opens("n4", query));
  }
}

TEST_CASE("more words of operators than a bound are refused and change nothing") {
  auto rules = make_rules();
  const monotonic_time now{};
  const auto hold = [&](std::size_t number) {
    return rules.set_mode(direction_filter{"shop", "bank", "n" + std::to_string(number)},
                          breaker_mode::forced_open, now);
  };
  for (std::size_t number = 0; number < default_supervision_rules::wishes_max; ++number)
    REQUIRE(hold(number));
  const auto before = rules.wishes().size();
  CHECK(hold(before).error().code == errc::overloaded);
  CHECK(rules.wishes().size() == before);
  CHECK(
      rules.guard({"shop", "bank", "n" + std::to_string(before), operation_class::query}, timeout)
          ->admit(now)
          .ok());
  CHECK(hold(7)); // said again
}

TEST_CASE("a reset makes a breaker automatic and closed, with nothing measured") {
  std::vector<breaker_transition> told;
  default_supervision_rules rules{
      std::make_unique<seeded_random>(1), {}, [&](const auto&, const breaker_transition& change) {
        told.push_back(change);
      }};
  simulated_clock time;
  const auto now = time.monotonic();
  const auto guard = rules.guard(way("shop", "bank"), timeout);
  const direction_filter pair{"shop", "bank"};

  SECTION("of an open one") {
    fail_calls(*guard, 20, now);
    rules.reset(pair, now);
    REQUIRE(told.size() == 2);
    CHECK(told.back().to == breaker_state::closed);
    CHECK(told.back().why == breaker_reason::operator_word);
  }
  SECTION("of a forced one") {
    REQUIRE(rules.set_mode(pair, breaker_mode::forced_open, now));
    rules.reset(pair, now);
    CHECK(rules.wishes().empty());
  }
  SECTION("of a closed one, also of calls that are under way") {
    fail_calls(*guard, 10, now);
    const auto old = guard->admit(now);
    REQUIRE(old.ok());
    rules.reset(pair, now);
    guard->done(*old, ask_end::failure, quick, now);
    CHECK(told.empty());
    CHECK(rules.breakers().front().in_flight == 0);
  }
  CHECK(rules.breakers().front().state == breaker_state::closed);
  CHECK(rules.breakers().front().counts == call_counts{});
  CHECK(guard->admit(now).ok());
}

TEST_CASE("guards of owners that left are dropped when others come, and no sooner") {
  auto rules = make_rules();
  simulated_clock time;
  const auto use = [&](const std::string& owner) {
    const auto guard = rules.guard({"shop", "bank", owner, operation_class::command}, timeout);
    const auto permit = guard->admit(time.monotonic());
    REQUIRE(permit.ok());
    guard->done(*permit, ask_end::success, quick, time.monotonic());
  };
  use("left");
  const auto busy = rules.guard({"shop", "bank", "busy", operation_class::command}, timeout);
  const auto open = busy->admit(time.monotonic());
  REQUIRE(open.ok());
  time.advance(milliseconds{9 * 60'000});
  use("new");
  use("newer");
  CHECK(rules.breakers().size() == 4);
  time.advance(milliseconds{60'000});
  use("new");
  use("newest"); // ten minutes after "left" was used last
  const auto shown = rules.breakers();
  REQUIRE(shown.size() == 4);
  CHECK(std::ranges::none_of(
      shown, [](const breaker_view& each) { return each.direction.owner == "left"; }));
  CHECK(std::ranges::any_of(
      shown, [](const breaker_view& each) { return each.direction.owner == "busy"; }));
  busy->done(*open, ask_end::success, quick, time.monotonic());
}

TEST_CASE("owners that come and go for ever leave no guards behind") {
  auto rules = make_rules();
  simulated_clock time;
  for (int life = 0; life < 50'000; ++life) {
    const auto guard = rules.guard(
        {"shop", "bank", "n" + std::to_string(life), operation_class::command}, timeout);
    const auto permit = guard->admit(time.monotonic());
    REQUIRE(permit.ok());
    guard->done(*permit, ask_end::success, quick, time.monotonic());
    time.advance(milliseconds{10'000});
  }
  CHECK(rules.breakers().size() <= 62);
}

TEST_CASE("who looks sees no calls that are too old by then") {
  auto rules = make_rules();
  simulated_clock time;
  const auto guard = rules.guard(way("shop", "bank"), timeout);
  fail_calls(*guard, 5, time.monotonic());
  CHECK(rules.breakers(time.monotonic()).front().counts.calls == 5);
  time.advance(milliseconds{11'000});
  CHECK(rules.breakers(time.monotonic()).front().counts == call_counts{});
}

TEST_CASE("histories of aggregates and shards follow their own numbers") {
  auto rules = make_rules();
  simulated_clock time;
  const auto aggregate = rules.new_aggregate_history();
  const auto shard = rules.new_shard_history();
  for (int failure = 0; failure < 3; ++failure)
    CHECK(aggregate->on_failure(time.monotonic()).delay == milliseconds{0});
  CHECK(shard->on_failure(time.monotonic()).delay == milliseconds{0});
  CHECK(shard->on_failure(time.monotonic()).delay > milliseconds{0});
  CHECK(aggregate->failures() == 3);
  CHECK(shard->failures() == 2);
}

TEST_CASE("lanes share guards while an operator looks on and interferes") {
  std::atomic<std::uint64_t> told{0};
  default_supervision_rules rules{
      std::make_unique<seeded_random>(1), {}, [&](const auto&, const auto&) { ++told; }};
  const auto start = simulated_clock{}.monotonic();
  std::atomic<std::uint64_t> passed{0};
  std::atomic<bool> over{false};
  std::vector<std::thread> lanes;
  for (unsigned lane = 0; lane < 4; ++lane) {
    lanes.emplace_back([&, lane] {
      seeded_random random{lane + 1};
      for (int call = 0; call < 20'000; ++call) {
        const auto guard = rules.guard(way("shop", call % 2 == 0 ? "bank" : "post"), timeout);
        const auto now = start + milliseconds{call};
        const auto permit = guard->admit(now);
        if (!permit) continue;
        ++passed;
        guard->done(*permit, random.next() % 4 == 0 ? ask_end::success : ask_end::failure, quick,
                    now + quick);
        if (call % 1000 == 0) (void)rules.new_aggregate_history()->on_failure(now);
      }
    });
  }
  std::thread operator_thread{[&] {
    while (!over) {
      for (const auto& shown : rules.breakers()) {
        if (shown.in_flight > shown.in_flight_max) over = true;
        (void)rules.set_mode(shown.direction, breaker_mode::automatic, start);
      }
    }
  }};
  for (auto& lane : lanes)
    lane.join();
  CHECK_FALSE(over.exchange(true));
  operator_thread.join();
  CHECK(passed > 0);
  CHECK(told > 0);
  for (const auto& shown : rules.breakers())
    CHECK(shown.in_flight == 0);
}
