#include "tests/actors/simulated.hpp"
#include "tests/actors/stall.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::stall;
using namespace std::chrono_literals;

namespace {

const ask_direction to_goods{sales, goods, {}, operation_class::query};

void put_one_out(simulated_node& node, std::int64_t price = 500) {
  REQUIRE(node.say(goods, {}, put_out{price}).ok());
}

void hold_open(simulated_node& node, bool open = true) {
  (void)node.rules().guard(to_goods, 1'000ms);
  REQUIRE(node.rules().set_mode(to_goods,
                                open ? breaker_mode::forced_open : breaker_mode::automatic,
                                node.time().monotonic()));
}

std::uint64_t taken(simulated_node& node) {
  for (const auto& each : node.rules().breakers())
    if (each.direction == to_goods) return each.fallbacks.used;
  return 0;
}

void check_nothing_open(simulated_node& node) {
  CHECK(node.counters(sales).open_asks == 0);
  for (const auto& each : node.rules().breakers())
    CHECK(each.fallbacks.running == 0);
}

} // namespace

TEST_CASE("a fallback that the business refuses is told as the failure that it is", "[fallback]") {
  simulated_node node{behaviours()};
  put_one_out(node);
  hold_open(node);
  const auto refused = node.say(sales, {}, sell{1, "strict"});
  CHECK(refused.failure().code == errc::circuit_open);
  CHECK(refused.failure().retry_after_ms > 0);
  CHECK(refused.failure().message.find("nobody can tell the price") != std::string::npos);
  CHECK(node.records(sales).empty()); // as before: a circuit that is open leaves no record
  hold_open(node, false);
  CHECK(node.say(sales, {}, sell{1, "strict"}).as<sale_state>().paid == 500);
  check_nothing_open(node);
}

TEST_CASE("what is accepted on a fallback is marked degraded, also when told again", "[fallback]") {
  simulated_node node{behaviours()};
  put_one_out(node);
  hold_open(node);
  const auto selling = node.command(sales, {}, sell{1, "glad"}, node.fresh_id());
  const auto made = node.say(selling);
  CHECK(made.as<sale_state>().paid == 0);
  REQUIRE(made.reply().degraded);
  CHECK(*made.reply().degraded == degraded_mark{0, 0});
  CHECK(made.reply().seq == 1); // one record, nothing was asked
  hold_open(node, false);
  SECTION("at once") {}
  SECTION("after a crash") {
    node.crash_and_restart();
  }
  const auto again = node.say(selling);
  CHECK(again.reply().replayed);
  CHECK(again.reply().degraded == made.reply().degraded);
  CHECK(again.reply().payload == made.reply().payload);
  CHECK_FALSE(node.get(sales, made.reply().target.number).reply().degraded); // its state is true
  const auto other = node.say(sales, {}, sell{1, "glad"});
  CHECK(other.as<sale_state>().paid == 500);
  CHECK_FALSE(other.reply().degraded);
  check_nothing_open(node);
}

TEST_CASE("an ask that was sent and not answered falls back", "[fallback]") {
  simulated_node node{behaviours()};
  put_one_out(node);
  auto cause = errc::ask_timeout;
  SECTION("nobody answers in time") {
    node.hold(goods);
  }
  SECTION("the callee is down") {
    node.stop(goods);
    cause = errc::callee_failed;
  }
  const auto glad = node.post(sales, {}, sell{1, "glad"}, node.fresh_id());
  const auto strict = node.post(sales, {}, sell{1, "strict"}, node.fresh_id());
  const auto curious = node.post(sales, {}, sell{1, "curious"}, node.fresh_id());
  node.pass(1'010ms);
  CHECK(node.heard(glad).reply().degraded.has_value());
  CHECK(node.heard(glad).reply().seq == 2);
  CHECK(node.heard(strict).failure().code == cause);
  CHECK(node.heard(strict).failure().reason.empty());
  CHECK(node.heard(curious).failure().code == cause); // a fallback asks nobody
  CHECK(node.list(sales).size() == 1);
  CHECK(taken(node) == 3);
  CHECK(node.counters(sales).open_voids == 0);
  check_nothing_open(node);
  node.drop_held(goods);
  node.release(goods);
  if (cause == errc::callee_failed) node.start(goods);
  node.pass(10'000ms);
  CHECK(node.list(sales).size() == 1);
}

TEST_CASE("a late answer does not settle a second time", "[fallback]") {
  simulated_node node{behaviours()};
  put_one_out(node);
  node.hold(goods);
  const auto glad = node.post(sales, {}, sell{1, "glad"}, node.fresh_id());
  node.pass(1'010ms);
  REQUIRE(node.heard(glad).ok());
  node.release(goods);
  node.pass(1'000ms);
  CHECK(node.get(sales, 1).as<sale_state>().paid == 0);
  CHECK(node.records(sales).size() == 2);
}

TEST_CASE("the business's own refusals are no reason to fall back", "[fallback]") {
  simulated_node node{behaviours()};
  CHECK(node.say(sales, {}, sell{7, "glad"}).failure().shown_code() == "NO_SUCH_GOOD");
  put_one_out(node, 0);
  CHECK(node.say(sales, {}, sell{1, "strict"}).failure().shown_code() == "NOT_FOR_SALE");
  CHECK(taken(node) == 0);
}

TEST_CASE("no more than ten fallbacks run at once in a direction", "[fallback]") {
  simulated_node node{behaviours()};
  put_one_out(node);
  node.hold(goods);
  std::vector<simulated_node::ticket> sent;
  for (int i = 0; i < 15; ++i)
    sent.push_back(node.post(sales, {}, sell{1, "glad"}, node.fresh_id()));
  node.run();
  node.time_jump(1'000ms); // all times are over in one round
  node.run();
  std::size_t degraded = 0;
  for (const auto of : sent) {
    if (!node.heard(of).ok()) CHECK(node.heard(of).failure().code == errc::ask_timeout);
    degraded += node.heard(of).ok() ? 1U : 0U;
  }
  CHECK(degraded == fallback_places::at_once_max);
  check_nothing_open(node); // all places are free again
  node.drop_held(goods);
}

TEST_CASE("a fallback on which the business throws ends the ask in time", "[fallback]") {
  simulated_node node{behaviours()};
  put_one_out(node);
  SECTION("not sent at all") {
    hold_open(node);
  }
  SECTION("sent, and the callee is down") {
    node.stop(goods);
  }
  const auto of = node.post(sales, {}, sell{1, "mad"}, node.fresh_id());
  node.pass(60'000ms);
  REQUIRE(node.answer_to(of));
  CHECK_FALSE(node.heard(of).ok());
  CHECK(node.list(sales).empty());
  check_nothing_open(node);
}

TEST_CASE("a process that dies at any point of a fallback decides it once", "[fallback]") {
  for (int moment = 0; moment < 12; ++moment) {
    simulated_node node{behaviours(), {.lanes = 2}};
    put_one_out(node);
    node.stop(goods);
    const auto selling = node.command(sales, {}, sell{1, "glad"}, node.fresh_id());
    (void)node.post(selling);
    for (int i = 0; i < moment; ++i)
      (void)node.step(static_cast<std::uint32_t>(1 - i % 2));
    node.crash_and_restart(); // and with it the callee is there again
    node.pass(3'000ms);
    INFO("moment " << moment);
    const auto told = node.say(selling);
    const auto paid = told.as<sale_state>().paid;
    CHECK(told.reply().degraded.has_value() == (paid == 0));
    CHECK(node.get(sales, told.reply().target.number).as<sale_state>().paid == paid);
    CHECK(node.list(sales).size() == 1);
    check_nothing_open(node);
  }
}

TEST_CASE("a shard that opens while the circuit is open ends what it had asked by the fallback",
          "[fallback]") {
  simulated_node node{behaviours()};
  put_one_out(node);
  node.hold(goods);
  const auto selling = node.command(sales, {}, sell{1, "glad"}, node.fresh_id());
  (void)node.post(selling);
  node.run();
  REQUIRE(node.counters(sales).open_asks == 1);
  hold_open(node);
  node.crash_and_restart();
  node.run();
  const auto again = node.say(selling);
  CHECK(again.as<sale_state>().paid == 0);
  CHECK(again.reply().degraded);
  check_nothing_open(node);
}
