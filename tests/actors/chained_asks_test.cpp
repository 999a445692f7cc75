#include "tests/actors/club.hpp"
#include "tests/actors/simulated.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::club;
using namespace std::chrono_literals;

namespace {

std::int64_t seats(simulated_node& node, std::int64_t hall) {
  return node.get(halls, hall).as<hall_state>().seats;
}

void open_one(simulated_node& node, std::int64_t number) {
  (void)node.say(halls, {}, open_hall{"black", number});
}

} // namespace

TEST_CASE("a command asks one after the other and settles with the last", "[asks]") {
  simulated_node node{behaviours()};
  open_one(node, 2);
  const auto in = node.say(guests, {}, enter{1, "black"});
  CHECK(in.as<guest_state>().status == "in");
  CHECK(in.reply().seq == 3); // asked, asked, settled
  CHECK(seats(node, 1) == 1);
  CHECK(node.counters(guests).open_asks == 0);
}

TEST_CASE("a refusal between two asks ends the command, and nothing was done", "[asks]") {
  simulated_node node{behaviours()};
  open_one(node, 2);
  CHECK(node.say(guests, {}, enter{1, "red"}).failure().shown_code() == "WRONG_DRESS");
  CHECK(seats(node, 1) == 2);
  CHECK(node.list(guests).empty());
  CHECK(node.counters(guests).open_asks == 0);
}

TEST_CASE("a refusal of the second ask refuses the command", "[asks]") {
  simulated_node node{behaviours()};
  open_one(node, 0);
  CHECK(node.say(guests, {}, enter{1, "black"}).failure().shown_code() == "FULL");
  CHECK(node.list(guests).empty());
}

TEST_CASE("a missing target is refused in the asker's own words where it declares them", "[asks]") {
  simulated_node node{behaviours()};
  const auto refused = node.say(guests, {}, enter{5, "black"});
  CHECK(refused.failure().code == errc::rejected);
  CHECK(refused.failure().shown_code() == "NO_SUCH_HALL");
  CHECK(node.counters(guests).open_voids == 0);
}

TEST_CASE("asks in a chain survive a crash at any moment", "[asks]") {
  for (int moment = 0; moment < 40; ++moment) {
    simulated_node node{behaviours(), {.lanes = 2}};
    open_one(node, 2);
    const auto id = node.fresh_id();
    (void)node.post(guests, {}, enter{1, "black"}, id);
    for (int i = 0; i < moment; ++i)
      (void)node.step(static_cast<std::uint32_t>(i % 2));
    node.crash_and_restart();
    node.pass(3'000ms);
    INFO("moment " << moment);
    CHECK(seats(node, 1) == 2 - std::int64_t(node.list(guests).size()));
    const auto again = node.say(guests, {}, enter{1, "black"}, id); // the caller tries again
    node.pass(1'000ms);
    CHECK(again.ok());
    CHECK(node.list(guests).size() == 1);
    CHECK(seats(node, 1) == 1);
    CHECK(node.counters(guests).open_asks == 0);
  }
}

TEST_CASE("the same command sent twice while it asks on gets one answer each", "[asks]") {
  simulated_node node{behaviours()};
  open_one(node, 2);
  const auto id = node.fresh_id();
  node.hold(halls);
  const auto first = node.post(guests, {}, enter{1, "black"}, id);
  node.pass(5ms);
  const auto second = node.post(guests, {}, enter{1, "black"}, id);
  node.pass(5ms);
  node.release(halls); // the dress code is told; the seat is asked for
  node.pass(100ms);
  CHECK(node.heard(first).ok());
  CHECK(node.heard(second).ok());
  CHECK(seats(node, 1) == 1);
}

TEST_CASE("asking on after an ask that may have changed something is a fault, and is made good",
          "[asks]") {
  simulated_node node{behaviours()};
  open_one(node, 2);
  CHECK(node.say(guests, {}, ask_too_much{1}).failure().code == errc::internal);
  node.pass(1'000ms);
  CHECK(seats(node, 1) == 2);
  CHECK(node.list(lockers).empty());
  CHECK(node.counters(guests).open_voids == 0);
}

TEST_CASE("an ask for something new gets it under an id of its own, and gives it back if refused",
          "[asks]") {
  simulated_node node{behaviours(), {.shards = 3}};
  const auto stored = node.say(guests, {}, store_coat{false});
  const auto locker = stored.as<guest_state>().locker;
  REQUIRE(locker > 0);
  CHECK(node.get(lockers, locker).as<locker_state>().number == locker);
  for (int i = 0; i < 5; ++i)
    CHECK(node.say(guests, {}, store_coat{true}).failure().shown_code() == "CHANGED_MIND");
  node.pass(1'000ms);
  CHECK(node.list(lockers).size() == 1);
  CHECK(node.counters(guests, 0).open_voids == 0);
}

TEST_CASE("an ask for something new that was given up leaves nothing, sooner or later", "[asks]") {
  simulated_node node{behaviours(), {.shards = 3}};
  node.hold(lockers);
  const auto of = node.post(guests, {}, store_coat{false}, node.fresh_id());
  node.pass(1'100ms);
  CHECK(node.heard(of).failure().code == errc::ask_timeout);
  node.release(lockers); // the ask and its void, in this order
  node.pass(10'000ms);
  CHECK(node.list(lockers).empty());
  CHECK(node.list(guests).empty());
}
