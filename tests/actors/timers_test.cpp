#include "tests/actors/bank.hpp"
#include "tests/actors/simulated.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::bank;
using namespace std::chrono_literals;

namespace {

std::int64_t balance(simulated_node& node) {
  return node.get(accounts, 1).as<account_state>().balance;
}

struct saver {
  simulated_node node{behaviours()};
  saver() { (void)node.say(accounts, {}, open_account{"ann"}); }
};

} // namespace

TEST_CASE("a durable timer fires once when it is due", "[timers]") {
  saver with;
  auto& node = with.node;
  (void)node.say(accounts, {1}, save_later{5, 1'000});
  node.pass(998ms);
  CHECK(balance(node) == 0);
  node.pass(4ms);
  CHECK(balance(node) == 5);
  node.pass(10'000ms);
  node.crash_and_restart();
  node.pass(10'000ms);
  CHECK(balance(node) == 5);
}

TEST_CASE("a durable timer survives a crash", "[timers]") {
  saver with;
  auto& node = with.node;
  (void)node.say(accounts, {1}, save_later{5, 1'000});
  SECTION("and is due later") {
    node.crash_and_restart();
    node.pass(900ms);
    CHECK(balance(node) == 0);
    node.pass(200ms);
  }
  SECTION("and was due while nobody ran") {
    node.crash();
    node.time_jump(5'000ms);
    node.come_back();
    node.pass(10ms);
  }
  SECTION("and is in the snapshot of an orderly stop") {
    node.stop(accounts);
    node.time_jump(5'000ms);
    node.start(accounts);
    node.pass(10ms);
  }
  CHECK(balance(node) == 5);
}

TEST_CASE("a cleared timer never fires", "[timers]") {
  saver with;
  auto& node = with.node;
  (void)node.say(accounts, {1}, save_later{5, 1'000});
  (void)node.say(accounts, {1}, save_never{});
  if (GENERATE(true, false)) node.crash_and_restart();
  node.pass(5'000ms);
  CHECK(balance(node) == 0);
}

TEST_CASE("a timer set again moves", "[timers]") {
  saver with;
  auto& node = with.node;
  (void)node.say(accounts, {1}, save_later{5, 1'000});
  node.pass(500ms);
  (void)node.say(accounts, {1}, save_later{7, 1'000});
  node.pass(900ms);
  CHECK(balance(node) == 0);
  node.pass(200ms);
  CHECK(balance(node) == 7);
}

TEST_CASE("a timer of an aggregate that is gone ends quietly", "[timers]") {
  saver with;
  auto& node = with.node;
  (void)node.say(accounts, {1}, save_later{5, 1'000});
  (void)node.say(accounts, {1}, close_account{});
  node.pass(5'000ms);
  const auto after_it_fired = node.records(accounts).size();
  node.pass(60'000ms);
  CHECK(node.records(accounts).size() == after_it_fired);
}
