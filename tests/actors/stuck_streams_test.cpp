#include "tests/actors/bank.hpp"
#include "tests/actors/simulated.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::bank;
using namespace std::chrono_literals;

/// Events that a policy cannot react to, or a view cannot fold.
namespace {

struct bank_with_money {
  mended_at_the_end at_the_end;
  simulated_node node{behaviours()};

  bank_with_money() {
    (void)node.say(accounts, {}, open_account{"ann"});
    (void)node.say(accounts, {1}, deposit{1'000});
  }
};

} // namespace

TEST_CASE("a policy stops in front of an event that it cannot react to", "[poison]") {
  bank_with_money with;
  auto& node = with.node;
  broken().reacting = true;
  CHECK(node.say(orders, {}, place_order{1, 4}).ok());
  CHECK(node.say(orders, {}, place_order{1, 55}).ok());
  CHECK(node.say(orders, {}, place_order{1, 6}).ok());
  node.pass(3'000ms);
  CHECK(node.list(letters).contains(1));
  CHECK_FALSE(node.list(letters).contains(2));
  CHECK_FALSE(node.list(letters).contains(3)); // nothing is skipped
  CHECK(node.counters(letters).stopped_policies == 1);
  CHECK(node.times_happened("policy-stopped") == 1);
  CHECK(node.say(accounts, {1}, deposit{1}).ok());
  broken().reacting = false;
  node.pass(61'000ms);
  CHECK(node.list(letters).contains(2));
  CHECK(node.list(letters).contains(3));
  CHECK(node.counters(letters).stopped_policies == 0);
}

TEST_CASE("a view stops in front of an event that it cannot fold", "[poison]") {
  bank_with_money with;
  auto& node = with.node;
  broken().showing = true;
  CHECK(node.say(orders, {}, place_order{1, 4}).ok());
  CHECK(node.say(orders, {}, place_order{1, 44}).ok());
  CHECK(node.say(orders, {}, place_order{1, 6}).ok());
  node.pass(10'000ms);
  CHECK(node.view(board).state == view_state::stuck);
  CHECK(node.times_happened("view-stuck") == 1);
  CHECK(node.list(board).contains(1));
  CHECK_FALSE(node.list(board).contains(2));
  CHECK_FALSE(node.list(board).contains(3));
  broken().showing = false;
  node.pass(10'000ms);
  CHECK(node.view(board).state == view_state::following);
  CHECK(node.list(board).contains(2));
  CHECK(node.list(board).contains(3));
}

TEST_CASE("a policy does not react again to an event that took the process down three times",
          "[poison]") {
  bank_with_money with;
  auto& node = with.node;
  int runs = 0;
  broken().reacting = true;
  broken().before = [&] {
    if (++runs <= 3) node.notes().end_here(11);
  };
  CHECK(node.say(orders, {}, place_order{1, 55}).ok());
  for (int life = 2; life <= 4; ++life) {
    CHECK(runs == life - 1);
    node.crash_and_restart();
    node.run();
  }
  broken().reacting = false; // it does not get to that any more
  node.pass(120'000ms);
  CHECK(runs == 3);
  CHECK_FALSE(node.list(letters).contains(1));
  CHECK(node.counters(letters).stopped_policies == 1);
  node.time_jump(25h); // long enough to try once more
  node.pass(61'000ms);
  CHECK(runs == 4);
  CHECK(node.list(letters).contains(1));
  CHECK(node.counters(letters).stopped_policies == 0);
}

TEST_CASE("a view does not fold an event again that took the process down three times",
          "[poison]") {
  bank_with_money with;
  auto& node = with.node;
  int runs = 0;
  broken().showing = true;
  broken().before = [&] {
    ++runs;
    node.notes().end_here(11);
  };
  CHECK(node.say(orders, {}, place_order{1, 4}).ok());
  CHECK(node.say(orders, {}, place_order{1, 44}).ok());
  for (int life = 2; life <= 4; ++life) {
    CHECK(runs == life - 1);
    node.crash_and_restart();
    node.run();
  }
  broken().showing = false;
  node.pass(120'000ms);
  CHECK(runs == 3);
  CHECK(node.view(board).state == view_state::stuck);
  CHECK(node.list(board).contains(1));
  CHECK_FALSE(node.list(board).contains(2));
}
