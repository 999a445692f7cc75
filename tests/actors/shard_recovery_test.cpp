#include "actors/state_rebuild.hpp"
#include "tests/actors/bank.hpp"
#include "tests/actors/simulated.hpp"
#include "tests/support/faulty_storage.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::bank;
using namespace std::chrono_literals;

namespace {

/// A node on a storage whose commits go wrong when told to; one account with 10.
struct faulty_node {
  std::shared_ptr<faulty_storage> disk =
      std::make_shared<faulty_storage>(std::shared_ptr<storage>{make_memory_storage()});
  simulated_node node{behaviours(), {}, disk};
  request paying;

  faulty_node() {
    (void)node.say(accounts, {}, open_account{"ann"});
    (void)node.say(accounts, {1}, deposit{10});
    paying = node.command(accounts, {1}, deposit{5}, node.fresh_id());
  }
  void fail_next(commit_fault how) { disk->fail_next_commit(accounts, {0}, how); }
  std::int64_t balance() { return node.get(accounts, 1).as<account_state>().balance; }
};

} // namespace

TEST_CASE("on a full disk commands are refused, reads go on, and it recovers by itself",
          "[faults]") {
  faulty_node with;
  with.fail_next(commit_fault::full);
  const auto refused = with.node.say(with.paying);
  CHECK(refused.failure().code == errc::storage_full);
  CHECK(with.node.counters(accounts).storage_full);
  CHECK(with.balance() == 10);
  CHECK(with.node.list(accounts).size() == 1);
  const auto at_once = with.node.say(accounts, {1}, deposit{1});
  CHECK(at_once.failure().code == errc::storage_full);
  CHECK(at_once.failure().retry_after_ms > 0);
  with.node.maintain(true); // still full
  CHECK(with.node.say(with.paying).failure().code == errc::storage_full);
  with.disk->heal(accounts, {0});
  with.node.maintain(true);
  const auto again = with.node.say(with.paying);
  REQUIRE(again.ok());
  CHECK_FALSE(again.reply().replayed);
  CHECK(with.balance() == 15);
}

TEST_CASE("after a commit of unknown outcome the same id gives one effect", "[faults]") {
  faulty_node with;
  const bool applied = GENERATE(true, false);
  with.fail_next(applied ? commit_fault::unknown_applied : commit_fault::unknown_lost);
  CHECK(with.node.say(with.paying).failure().code == errc::outcome_unknown);
  CHECK(with.balance() == (applied ? 15 : 10));
  const auto again = with.node.say(with.paying);
  REQUIRE(again.ok());
  CHECK(again.reply().replayed == applied);
  CHECK(with.balance() == 15);
  CHECK(with.node.say(accounts, {1}, deposit{1}).reply().epoch.value == 2); // it was reopened
  with.node.crash_and_restart();
  CHECK(with.balance() == 16);
}

TEST_CASE("a shard that another epoch fenced off gives up and says so", "[faults]") {
  faulty_node with;
  with.fail_next(commit_fault::fenced);
  CHECK(with.node.say(with.paying).failure().code == errc::fenced);
  const auto told = with.node.given_up(accounts);
  REQUIRE(told.size() == 1);
  CHECK(told.front().code == errc::fenced);
  CHECK(with.node.get(accounts, 1).failure().code == errc::context_down);
  with.node.stop(accounts);
  with.node.start(accounts);
  CHECK(with.balance() == 10);
}

TEST_CASE("a commit that fails takes every command of its round along", "[faults]") {
  faulty_node with;
  (void)with.node.say(accounts, {}, open_account{"bob"});
  with.fail_next(commit_fault::unknown_lost);
  const auto one = with.node.post(accounts, {1}, deposit{1}, with.node.fresh_id());
  const auto two = with.node.post(accounts, {2}, deposit{1}, with.node.fresh_id());
  with.node.run();
  CHECK(with.node.heard(one).failure().code == errc::outcome_unknown);
  CHECK(with.node.heard(two).failure().code == errc::outcome_unknown);
  CHECK(with.balance() == 10);
}

TEST_CASE("a shard that cannot be opened again gives up", "[faults]") {
  faulty_node with;
  with.fail_next(commit_fault::unknown_lost);
  with.node.disk().refuse_openings(accounts, 1);
  CHECK(with.node.say(with.paying).failure().code == errc::outcome_unknown);
  REQUIRE(with.node.given_up(accounts).size() == 1);
  CHECK(with.node.given_up(accounts).front().code == errc::storage_failed);
}

TEST_CASE("an ask survives a commit of unknown outcome on either side", "[faults]") {
  const bool applied = GENERATE(true, false);
  const bool callee = GENERATE(true, false);
  const auto skipped = GENERATE(0, 1); // which commit of the ask fails
  faulty_node with;
  auto& node = with.node;
  const auto placing = node.command(orders, {}, place_order{1, 3}, node.fresh_id());
  const auto of = node.post(placing);
  if (skipped == 1) (void)node.step(0);
  with.disk->fail_next_commit(callee ? accounts : orders, {0},
                              applied ? commit_fault::unknown_applied : commit_fault::unknown_lost);
  node.pass(10'000ms);
  INFO("applied " << applied << ", callee " << callee << ", skipped " << skipped);
  CHECK(node.answer_to(of));
  const auto end = node.say(placing);
  node.pass(10'000ms);
  CHECK(with.balance() == (end.ok() ? 7 : 10));
  CHECK(node.counters(orders).open_asks == 0);
  CHECK(node.counters(orders).open_voids == 0);
}

TEST_CASE("promises kept on a full disk are kept once there is space", "[faults]") {
  faulty_node with;
  auto& node = with.node;
  with.disk->fail_next_commit(orders, {0}, commit_fault::full);
  const auto placing = node.command(orders, {}, place_order{1, 3}, node.fresh_id());
  CHECK(info(node.say(placing).failure().code).again == retry::same_id);
  CHECK(node.say(placing).failure().code == errc::storage_full);
  node.pass(3'000ms);
  with.disk->heal(orders, {0});
  node.maintain(true);
  REQUIRE(node.say(placing).ok());
  node.pass(3'000ms);
  CHECK(node.get(orders, 1).as<order_state>().status == "sent"); // its policies run again
}

TEST_CASE("states lost far behind are rebuilt in order while the journal is read", "[recovery]") {
  simulated_node node{behaviours()};
  (void)node.say(accounts, {}, open_account{"ann"});
  (void)node.say(accounts, {}, open_account{"bob"});
  const auto deposits = static_cast<std::int64_t>(state_rebuild::worth_while) + 100;
  for (std::int64_t i = 0; i < deposits; ++i) {
    node.post(accounts, {i % 10 == 0 ? 2 : 1}, deposit{1}, node.fresh_id());
    if (i % 500 == 0) node.run(); // an account takes 1,000 waiting commands at most
  }
  node.run();
  const auto before = node.list(accounts);
  const auto reads = node.get(accounts, 1).as<account_state>().balance;
  CHECK(reads == deposits - deposits / 10);
  node.crash();
  node.disk().lose_derived();
  node.come_back();
  CHECK(node.list(accounts) == before);
  CHECK(node.get(accounts, 1).as<account_state>().balance == reads);
  REQUIRE(node.say(accounts, {1}, deposit{5}).ok());
  node.crash_and_restart();
  CHECK(node.get(accounts, 1).as<account_state>().balance == reads + 5);
}
