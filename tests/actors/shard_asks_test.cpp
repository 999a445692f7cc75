#include "tests/actors/bank.hpp"
#include "tests/actors/simulated.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::bank;
using namespace std::chrono_literals;

namespace {

std::int64_t balance(simulated_node& node, std::int64_t id) {
  return node.get(accounts, id).as<account_state>().balance;
}

/// One account with 100 to order from.
void fund(simulated_node& node) {
  (void)node.say(accounts, {}, open_account{"ann"});
  (void)node.say(accounts, {1}, deposit{100});
}

/// Money that left the account is what the orders that exist have cost.
void check_no_orphan(simulated_node& node) {
  std::int64_t spent = 0;
  for (const auto& [id, row] : node.list(orders))
    spent += *row.find("amount")->get_if<std::int64_t>();
  CHECK(balance(node, 1) == 100 - spent);
  CHECK(node.counters(orders).open_asks == 0);
  CHECK(node.counters(orders).open_voids == 0);
}

} // namespace

TEST_CASE("an ask that succeeds settles the command that asked", "[asks]") {
  simulated_node node{behaviours()};
  fund(node);
  const auto placed = node.say(orders, {}, place_order{1, 30});
  CHECK(placed.reply().target.number == 1);
  CHECK(placed.reply().seq == 2); // asked, then settled
  CHECK(placed.as<order_state>().status == "placed");
  CHECK(balance(node, 1) == 70);
  check_no_orphan(node);
}

TEST_CASE("a refusal by the callee's business refuses the asker's command", "[asks]") {
  simulated_node node{behaviours()};
  fund(node);
  const auto refused = node.say(orders, {}, place_order{1, 300});
  CHECK(refused.failure().code == errc::rejected);
  CHECK(refused.failure().shown_code() == "OVERDRAWN");
  CHECK(node.list(orders).empty());
  check_no_orphan(node);
}

TEST_CASE("an ask to a context that is down fails at once and needs no void", "[asks]") {
  simulated_node node{behaviours()};
  fund(node);
  node.stop(accounts);
  const auto refused = node.say(orders, {}, place_order{1, 30});
  CHECK(refused.failure().code == errc::callee_failed);
  CHECK(refused.failure().message.find(accounts) == 0);
  CHECK(refused.failure().message.find(accounts, 1) == std::string::npos); // named once
  node.start(accounts);
  CHECK(node.counters(orders).open_voids == 0);
  CHECK(node.list(orders).empty());
  check_no_orphan(node);
}

TEST_CASE("an ask without an answer times out, and its late effect is made good", "[asks]") {
  simulated_node node{behaviours()};
  fund(node);
  node.hold(accounts);
  const auto of = node.post(orders, {}, place_order{1, 30}, node.fresh_id());
  node.pass(999ms);
  CHECK_FALSE(node.answer_to(of));
  node.pass(10ms);
  CHECK(node.heard(of).failure().code == errc::ask_timeout);
  SECTION("the ask arrives before its void") {
    node.release(accounts);
    node.pass(10'000ms);
    CHECK(node.counters(accounts).voids == 1);
  }
  SECTION("the void arrives first, and the ask is refused") {
    node.drop_held(accounts);
    node.release(accounts);
    node.pass(100'000ms); // the void is sent again until somebody confirms it
  }
  check_no_orphan(node);
  CHECK(node.list(orders).empty());
  CHECK(balance(node, 1) == 100);
}

TEST_CASE("an ask that arrives after its void is refused as voided", "[asks]") {
  simulated_node node{behaviours()};
  fund(node);
  auto asked = node.command(accounts, {1}, withdraw{30}, node.fresh_id());
  auto off = asked;
  off.kind = request_kind::void_ask;
  CHECK(node.say(off).failure().code == errc::unknown_command); // outsiders void nothing
  SECTION("never seen") {
    REQUIRE(node.say(off, true).ok());
  }
  SECTION("seen, and made good") {
    REQUIRE(node.say(asked, true).ok());
    CHECK(balance(node, 1) == 70);
    REQUIRE(node.say(off, true).ok());
  }
  SECTION("and again after a crash") {
    REQUIRE(node.say(off, true).ok());
    node.crash_and_restart();
  }
  CHECK(balance(node, 1) == 100);
  CHECK(node.say(asked, true).failure().code == errc::voided);
  REQUIRE(node.say(off, true).ok()); // a void sent again changes nothing
  CHECK(balance(node, 1) == 100);
}

TEST_CASE("two voids of one ask in one round make it good once", "[asks]") {
  simulated_node node{behaviours()};
  fund(node);
  auto asked = node.command(accounts, {1}, withdraw{30}, node.fresh_id());
  REQUIRE(node.say(asked, true).ok());
  auto off = asked;
  off.kind = request_kind::void_ask;
  (void)node.post(off, true);
  (void)node.post(off, true);
  node.run();
  CHECK(balance(node, 1) == 100);
}

TEST_CASE("a settling turn that refuses voids what was asked", "[asks]") {
  simulated_node node{behaviours()};
  fund(node);
  const auto refused = node.say(orders, {}, place_order{1, 13});
  CHECK(refused.failure().shown_code() == "UNLUCKY");
  node.pass(1'000ms);
  CHECK(node.counters(accounts).voids == 1);
  CHECK(balance(node, 1) == 100);
  check_no_orphan(node);
}

TEST_CASE("an open circuit refuses at once and leaves no record", "[asks]") {
  simulated_node node{behaviours()};
  fund(node);
  const ask_direction there{orders, accounts, {}, operation_class::command};
  (void)node.rules().guard(there, 1'000ms);
  REQUIRE(node.rules().set_mode(there, breaker_mode::forced_open, node.time().monotonic()));
  const auto refused = node.say(orders, {}, place_order{1, 30});
  CHECK(refused.failure().code == errc::circuit_open);
  CHECK(node.records(orders).empty());
  REQUIRE(node.rules().set_mode(there, breaker_mode::automatic, node.time().monotonic()));
  CHECK(node.say(orders, {}, place_order{1, 30}).ok());
}

TEST_CASE("a callee that never answers opens the circuit", "[asks]") {
  simulated_node node{behaviours()};
  fund(node);
  node.hold(accounts);
  std::vector<simulated_node::ticket> sent;
  for (int i = 0; i < 25; ++i)
    sent.push_back(node.post(orders, {}, place_order{1, 1}, node.fresh_id()));
  node.pass(1'100ms);
  for (const auto of : sent)
    CHECK(node.heard(of).failure().code == errc::ask_timeout);
  CHECK(node.say(orders, {}, place_order{1, 1}).failure().code == errc::circuit_open);
  node.release(accounts);
  node.pass(10'000ms);
  check_no_orphan(node);
}

TEST_CASE("commands wait behind an open ask in their order, and not without limit", "[asks]") {
  shard_limits limits;
  limits.waiting_per_aggregate = 3;
  simulated_node node{behaviours(), {.limits = limits}};
  fund(node);
  node.hold(accounts);
  const auto placing = node.post(orders, {}, place_order{1, 30}, node.fresh_id());
  node.run();
  std::vector<simulated_node::ticket> notes;
  for (const auto* text : {"a", "b", "c", "d"})
    notes.push_back(node.post(orders, {1}, add_note{text}, node.fresh_id()));
  node.run();
  CHECK_FALSE(node.answer_to(notes[0]));
  CHECK(node.heard(notes[3]).failure().code == errc::overloaded);
  node.release(accounts);
  node.run();
  CHECK(node.heard(placing).ok());
  CHECK(node.heard(notes[2]).as<order_state>().notes == "abc");
}

TEST_CASE("commands behind an ask that failed find nothing", "[asks]") {
  simulated_node node{behaviours()};
  fund(node);
  node.hold(accounts);
  (void)node.post(orders, {}, place_order{1, 300}, node.fresh_id());
  node.run();
  const auto note = node.post(orders, {1}, add_note{"a"}, node.fresh_id());
  node.run();
  node.release(accounts);
  node.run();
  CHECK(node.heard(note).failure().code == errc::not_found);
}

TEST_CASE("a command sent again while it asks shares the answer", "[asks]") {
  simulated_node node{behaviours()};
  fund(node);
  node.hold(accounts);
  const auto placing = node.command(orders, {}, place_order{1, 30}, node.fresh_id());
  const auto first = node.post(placing);
  node.run();
  const auto second = node.post(placing);
  node.run();
  CHECK_FALSE(node.answer_to(second));
  node.release(accounts);
  node.run();
  REQUIRE(node.heard(first).ok());
  REQUIRE(node.answer_to(second));
  CHECK(node.heard(second).reply().payload == node.heard(first).reply().payload);
  CHECK(balance(node, 1) == 70);
}

TEST_CASE("a re-send that meets the answer of its ask is answered too", "[asks]") {
  // The answer and the re-send are taken up in one round: for every moment of the ask.
  for (int moment = 0; moment < 8; ++moment) {
    simulated_node node{behaviours(), {.lanes = 2}};
    fund(node);
    const auto placing = node.command(orders, {}, place_order{1, 30}, node.fresh_id());
    const auto first = node.post(placing);
    for (int i = 0; i < moment; ++i) {
      (void)node.step(static_cast<std::uint32_t>(1 - i % 2));
    }
    const auto second = node.post(placing);
    node.pass(100ms);
    INFO("moment " << moment);
    REQUIRE(node.answer_to(first));
    REQUIRE(node.answer_to(second));
    CHECK(node.heard(second).ok());
    CHECK(balance(node, 1) == 70);
  }
}

TEST_CASE("a process that dies at any point of an ask leaves no orphan", "[asks]") {
  for (int amount : {30, 13, 300}) {
    for (int moment = 0; moment < 14; ++moment) {
      simulated_node node{behaviours(), {.lanes = 2}};
      fund(node);
      const auto placing = node.command(orders, {}, place_order{1, amount}, node.fresh_id());
      (void)node.post(placing);
      for (int i = 0; i < moment; ++i)
        (void)node.step(static_cast<std::uint32_t>(1 - i % 2));
      node.crash_and_restart();
      node.pass(3'000ms);
      INFO("amount " << amount << ", moment " << moment);
      const auto again = node.say(placing);
      CHECK(again.ok() == (amount == 30));
      node.pass(3'000ms);
      check_no_orphan(node);
      CHECK(balance(node, 1) == (amount == 30 ? 70 : 100));
    }
  }
}

TEST_CASE("an asker that is stopped at any point of an ask leaves no orphan", "[asks]") {
  for (const bool callee : {false, true}) {
    for (int moment = 0; moment < 14; ++moment) {
      simulated_node node{behaviours(), {.lanes = 2}};
      fund(node);
      const auto placing = node.command(orders, {}, place_order{1, 30}, node.fresh_id());
      const auto of = node.post(placing);
      for (int i = 0; i < moment; ++i)
        (void)node.step(static_cast<std::uint32_t>(1 - i % 2));
      const auto& which = callee ? accounts : orders;
      node.stop(which);
      node.pass(1'500ms);
      node.start(which);
      node.pass(5'000ms);
      INFO(which << " stopped at moment " << moment);
      CHECK(node.answer_to(of)); // whatever it is, the caller was told
      (void)node.say(placing);
      node.pass(5'000ms);
      check_no_orphan(node);
    }
  }
}

TEST_CASE("a late answer that meets the stop of its asker changes nothing", "[asks]") {
  // The time-out is decided in the very round in which the context is stopped: it was not
  // committed, so the ask is still open when the context starts again, and then it settles.
  simulated_node node{behaviours()};
  fund(node);
  (void)node.say(orders, {}, place_order{1, 10});
  node.hold(accounts);
  const auto placing = node.command(orders, {}, place_order{1, 30}, node.fresh_id());
  (void)node.post(placing);
  node.run();
  node.time_jump(1'000ms);
  node.stop_in_next_round(orders);
  node.run();
  node.release(accounts);
  node.start(orders);
  node.pass(5'000ms);
  check_no_orphan(node);
  node.crash_and_restart();
  check_no_orphan(node);
}

TEST_CASE("a settling turn that crashes is tried again and given up in time", "[asks]") {
  simulated_node node{behaviours()};
  (void)node.say(accounts, {}, open_account{"ann"});
  (void)node.say(accounts, {1}, deposit{1'000});
  const auto of = node.post(orders, {}, place_order{1, 666}, node.fresh_id());
  node.pass(5'000ms);
  REQUIRE(node.answer_to(of));
  CHECK_FALSE(node.heard(of).ok());
  CHECK(balance(node, 1) == 1'000);
  CHECK(node.counters(orders).open_asks == 0);
}
