#include "tests/actors/bank.hpp"
#include "tests/actors/simulated.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

/// Limits by bytes, what is exempt from them, and where work is dropped whose time is over.
using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::bank;
using namespace std::chrono_literals;

namespace {

using ticket = simulated_node::ticket;

std::int64_t balance(simulated_node& node, std::int64_t id) {
  return node.get(accounts, id).as<account_state>().balance;
}

/// Accounts 1 and 2 with 1,000 each.
void fund(simulated_node& node) {
  for (std::int64_t id = 1; id <= 2; ++id) {
    (void)node.say(accounts, {}, open_account{"ann"});
    (void)node.say(accounts, {id}, deposit{1'000});
  }
}

/// An order whose ask does not come back, so that what is said to it waits.
ticket asking_order(simulated_node& node) {
  node.hold(accounts);
  const auto of = node.post(orders, {}, place_order{1, 30}, node.fresh_id());
  node.run();
  REQUIRE_FALSE(node.answer_to(of));
  return of;
}

std::size_t waits_of(const simulated_node& node, const std::vector<ticket>& sent) {
  std::size_t waiting = 0;
  for (const auto of : sent)
    waiting += node.answer_to(of) ? 0 : 1;
  return waiting;
}

request timed(request of, std::uint32_t remaining_ms) {
  of.remaining_ms = remaining_ms;
  return of;
}

} // namespace

TEST_CASE("what waits for one aggregate is bounded by bytes, and its neighbours are not",
          "[admission]") {
  shard_limits limits;
  limits.bytes_per_aggregate = 64 * 1024;
  simulated_node node{behaviours(), {.limits = limits}};
  fund(node);
  (void)asking_order(node);
  std::vector<ticket> sent;
  for (int i = 0; i < 20; ++i) {
    sent.push_back(node.post(orders, {1}, add_note{std::string(10'000, 'x')}, node.fresh_id()));
    node.run();
  }
  CHECK(waits_of(node, sent) == 6); // of ten thousand bytes and a bit each
  const auto refused = node.heard(sent.back());
  CHECK(refused.failure().code == errc::overloaded);
  CHECK(refused.failure().retry_after_ms > 0);
  CHECK(refused.failure().message.find("bank.order/1") != std::string::npos);
  CHECK(node.post(orders, {}, place_order{1, 1}, node.fresh_id()) != 0); // another order
  node.release(accounts);
  node.pass(10ms);
  CHECK(waits_of(node, sent) == 0);
  // All of it has left the account: as much fits again.
  node.hold(accounts);
  (void)node.post(orders, {}, place_order{1, 1}, node.fresh_id());
  CHECK(node.say(orders, {1}, add_note{std::string(60'000, 'x')}).ok());
}

TEST_CASE("what waits in a context is bounded by bytes over all its shards of the node",
          "[admission]") {
  shard_limits limits;
  limits.bytes_per_context = 40'000;
  const auto load = std::make_shared<context_load>();
  simulated_node node{behaviours(), {.shards = 2, .limits = limits, .load_of_second = &load}};
  fund(node);
  node.hold(accounts);
  std::vector<ticket> placed;
  for (int i = 0; i < 16; ++i) // orders of both shards, all asking
    placed.push_back(node.post(orders, {}, place_order{1, 1}, node.fresh_id()));
  node.run();
  CHECK(load->get().waiting == 0); // an open ask is a promise on disk and waits for nobody's turn
  std::vector<ticket> sent;
  for (std::int64_t id = 1; id <= 8; ++id) {
    sent.push_back(node.post(orders, {id}, add_note{std::string(9'000, 'x')}, node.fresh_id()));
    node.run();
  }
  const auto waiting = waits_of(node, sent);
  CHECK(waiting >= 4);
  CHECK(waiting <= 5);
  CHECK(load->get().waiting == waiting);
  CHECK(load->get().bytes >= waiting * 9'000);
  CHECK(node.heard(sent.back()).failure().code == errc::overloaded);
  CHECK(node.heard(sent.back()).failure().message.find("bank.order on this node") !=
        std::string::npos);
  SECTION("it is free again when they were decided") {
    node.release(accounts);
    node.pass(10ms);
  }
  SECTION("or when the context is stopped") {
    node.stop(orders);
  }
  CHECK(load->get().waiting == 0);
  CHECK(load->get().bytes == 0);
}

TEST_CASE("what other contexts ask for has room where clients have none", "[admission]") {
  shard_limits limits;
  limits.waiting_max = 4;
  simulated_node node{behaviours(), {.limits = limits}};
  fund(node);
  std::vector<ticket> clients;
  for (int i = 0; i < 6; ++i)
    clients.push_back(node.post(accounts, {1}, deposit{1}, node.fresh_id()));
  const auto asked = node.post(node.command(accounts, {2}, withdraw{5}, node.fresh_id()), true);
  node.run();
  CHECK(node.heard(asked).ok());
  CHECK(node.heard(clients[3]).failure().code == errc::overloaded); // the ask was there first
  CHECK(node.heard(clients[5]).failure().code == errc::overloaded);
}

TEST_CASE("an ask overtakes what clients have sent before it to the same lane", "[admission]") {
  simulated_node node{behaviours()};
  fund(node);
  std::vector<ticket> clients;
  for (int i = 0; i < 5'000; ++i) // more than one round takes up
    clients.push_back(node.post(accounts, {1}, deposit{1}, node.fresh_id()));
  const auto asked = node.post(node.command(accounts, {2}, withdraw{5}, node.fresh_id()), true);
  REQUIRE(node.step(0));
  CHECK(node.answer_to(asked));
  CHECK_FALSE(node.answer_to(clients.back()));
  node.run();
  CHECK(node.answer_to(clients.back()));
}

TEST_CASE("work whose time is over is dropped before it is done, and the stage is named",
          "[admission]") {
  simulated_node node{behaviours()};
  fund(node);
  SECTION("in the lane's inbox") {
    const auto late = timed(node.command(accounts, {1}, deposit{1}, node.fresh_id()), 100);
    const auto of = node.post(late);
    node.time_jump(100ms);
    node.run();
    CHECK(node.heard(of).failure().code == errc::deadline_exceeded);
    CHECK(node.heard(of).failure().message.find("inbox of lane 0") != std::string::npos);
    CHECK(balance(node, 1) == 1'000);
  }
  SECTION("with less than a millisecond left") {
    constexpr monotonic_time now{1h};
    CHECK(time_is_left(now + 1ms, now));
    CHECK_FALSE(time_is_left(now + 999us, now));
    CHECK_FALSE(time_is_left(now - 1ms, now));
  }
  SECTION("in an aggregate's mailbox") {
    (void)asking_order(node);
    const auto of = node.post(timed(node.command(orders, {1}, add_note{"x"}, node.fresh_id()), 50));
    node.run(); // it waits behind the open ask
    node.time_jump(50ms);
    node.release(accounts);
    node.run();
    CHECK(node.heard(of).failure().code == errc::deadline_exceeded);
    CHECK(node.heard(of).failure().message.find("mailbox of bank.order/1") != std::string::npos);
  }
}

TEST_CASE("an ask has no more time than its command, and less than declared is nobody's failure",
          "[admission]") {
  simulated_node node{behaviours()};
  fund(node);
  node.hold(accounts);
  const auto failures = [&] {
    std::uint64_t sum = 0;
    for (const auto& each : node.rules().breakers())
      sum += each.counts.failures;
    return sum;
  };
  SECTION("its caller's time is shorter") {
    const auto of =
        node.post(timed(node.command(orders, {}, place_order{1, 30}, node.fresh_id()), 200));
    node.pass(199ms);
    CHECK_FALSE(node.answer_to(of));
    node.pass(4ms);
    CHECK(node.heard(of).failure().code == errc::ask_timeout);
    CHECK(node.heard(of).failure().message.find("200 ms") != std::string::npos);
    CHECK(failures() == 0);
  }
  SECTION("its own is") {
    const auto of =
        node.post(timed(node.command(orders, {}, place_order{1, 30}, node.fresh_id()), 5'000));
    node.pass(1'004ms);
    CHECK(node.heard(of).failure().code == errc::ask_timeout);
    CHECK(failures() == 1);
  }
  SECTION("what it waited before counts") {
    (void)node.post(orders, {}, place_order{1, 30}, node.fresh_id());
    node.run();
    node.time_jump(150ms);
    const auto of =
        node.post(timed(node.command(orders, {}, place_order{1, 30}, node.fresh_id()), 300));
    node.time_jump(100ms); // in the inbox
    node.run();
    node.pass(199ms);
    CHECK_FALSE(node.answer_to(of));
    node.pass(4ms);
    CHECK(node.heard(of).failure().code == errc::ask_timeout);
  }
}

TEST_CASE("what is refused because too many asks are open leaves nothing in memory",
          "[admission]") {
  simulated_node node{behaviours()};
  fund(node);
  node.hold(accounts);
  const auto place = [&](int count) {
    std::vector<ticket> sent;
    for (int i = 0; i < count; ++i)
      sent.push_back(node.post(orders, {}, place_order{1, 1}, node.fresh_id()));
    node.run();
    return sent;
  };
  const auto first = place(200);
  CHECK(waits_of(node, first) == 128);
  CHECK(node.heard(first.back()).failure().code == errc::overloaded);
  CHECK(node.counters(orders).open_asks == 128);
  CHECK(node.counters(orders).residents == 128);
  // From now on all but a few are refused before an aggregate is made and its turn begun.
  int before_their_turn = 0;
  for (const auto of : place(50)) {
    CHECK(node.heard(of).failure().code == errc::overloaded);
    CHECK(node.heard(of).failure().retry_after_ms > 0);
    before_their_turn +=
        node.heard(of).failure().message.find("too many asks are open") != std::string::npos;
  }
  CHECK(before_their_turn == 48);
  CHECK(node.counters(orders).residents == 128);
  // As asks end, as many others are let in, and before long everybody.
  node.release(accounts);
  node.pass(10ms);
  CHECK(waits_of(node, first) == 0);
  const auto next = place(100);
  CHECK(waits_of(node, next) == 0);
  for (const auto of : next)
    CHECK(node.heard(of).ok());
  node.pass(2'000ms);
  CHECK(node.say(orders, {}, place_order{1, 1}).ok());
  CHECK(balance(node, 1) == 1'000 - 128 - 100 - 1);
}
