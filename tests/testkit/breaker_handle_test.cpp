#include "testkit/troupe/testkit/breaker_handle.hpp"

#include "messages/siren.hpp"
#include "testkit/troupe/testkit/systems.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::testkit;
using namespace std::chrono_literals;

namespace {

constexpr breaker_state states[] = {breaker_state::closed,        breaker_state::open,
                                    breaker_state::half_open,     breaker_state::forced_open,
                                    breaker_state::forced_closed, breaker_state::disabled};

struct shop {
  simulated_node node{behaviours_of("siren")};
  breaker_handle prices{node, "siren.order", "siren.product", "checkProduct"};
};

} // namespace

TEST_CASE("a breaker can be forced from every state into every state", "[testkit]") {
  for (const auto from : states) {
    for (const auto to : states) {
      INFO(name_of(from) << " to " << name_of(to));
      shop at;
      at.prices.force(from);
      REQUIRE(at.prices.state() == from);
      at.prices.forget_changes();
      at.prices.force(to);
      CHECK(at.prices.state() == to);
      const auto changes = at.prices.changes();
      if (from == to) continue;
      REQUIRE_FALSE(changes.empty());
      CHECK(changes.front().from == from);
      CHECK(changes.back().to == to);
    }
  }
}

TEST_CASE("an open time is over when the kit says so, and not before", "[testkit]") {
  shop at;
  at.prices.force(breaker_state::open);
  const auto until = at.prices.view().open_until;
  CHECK(until > at.node.time().monotonic());
  at.prices.expire_open_time();
  CHECK(at.node.time().monotonic() >= until);
  CHECK(at.node.time().monotonic() < until + 2ms);
}

TEST_CASE("an expired window has forgotten what was counted", "[testkit]") {
  shop at;
  const auto guard = at.node.rules().guard(at.prices.direction(), 610ms);
  const auto fail_times = [&](int times) {
    for (int i = 0; i < times; ++i) {
      const auto now = at.node.time().monotonic();
      const auto admitted = guard->admit(now);
      REQUIRE(admitted);
      guard->done(*admitted, ask_end::failure, 0ms, now);
    }
  };
  fail_times(19);
  SECTION("kept") {
    fail_times(1);
    CHECK(at.prices.state() == breaker_state::open);
  }
  SECTION("expired") {
    at.prices.expire_window();
    fail_times(1);
    CHECK(at.prices.state() == breaker_state::closed);
  }
}

TEST_CASE("what a test gets wrong is said", "[testkit]") {
  shop at;
  CHECK_THROWS_AS((breaker_handle{at.node, "siren.order", "siren.report", "checkProduct"}),
                  unexpected);
  CHECK_THROWS_AS((breaker_handle{at.node, "siren.orders", "siren.product", "checkProduct"}),
                  unexpected);
  CHECK_THROWS_AS(at.node.heard(77), unexpected);
  CHECK_THROWS_AS(at.node.get("siren.product", 1).reply(), unexpected);
  CHECK_THROWS_AS(
      at.node.say("siren.product", {}, siren::register_product{"Available", 1}).failure(),
      unexpected);
  CHECK(behaviours_of("nothing").empty());
}

TEST_CASE("a fallback is told of once, then once a minute", "[testkit][fallback]") {
  shop at;
  REQUIRE(at.node.say("siren.product", {}, siren::register_product{"Available", 3500}).ok());
  at.node.pass(200ms);
  at.prices.force(breaker_state::forced_open);
  const auto told = [&] {
    std::vector<std::string> texts;
    for (const auto& each : at.node.events())
      if (each.kind == "fallback-used") texts.push_back(each.subject + ": " + each.text);
    return texts;
  };
  const auto order = [&] {
    CHECK_FALSE(at.node.say("siren.order", {}, siren::place_order{1}).ok());
  };
  order();
  REQUIRE(told().size() == 1);
  CHECK(told()[0].starts_with("siren.order -> siren.product: "));
  CHECK(told()[0].find("1 time:") != std::string::npos);
  order();
  order();
  CHECK(told().size() == 1);
  at.node.pass(61s); // also when no further one comes
  REQUIRE(told().size() == 2);
  CHECK(told()[1].find("2 times:") != std::string::npos);
  at.node.pass(300s);
  CHECK(told().size() == 2);
}
