#include "tests/actors/bank.hpp"
#include "tests/actors/simulated.hpp"
#include "tests/support/faulty_storage.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::bank;
using namespace std::chrono_literals;

namespace {

std::int64_t balance(simulated_node& node, std::int64_t id) {
  return node.get(accounts, id).as<account_state>().balance;
}

} // namespace

TEST_CASE("an accepted command answers with the state it led to", "[turn]") {
  simulated_node node{behaviours()};
  const auto made = node.say(accounts, {}, open_account{"ann"});
  CHECK(made.reply().target.number == 1);
  CHECK(made.reply().seq == 1);
  CHECK(made.reply().epoch.value == 1);
  CHECK_FALSE(made.reply().replayed);
  CHECK(made.as<account_state>().owner == "ann");
  const auto paid = node.say(accounts, {1}, deposit{70});
  CHECK(paid.reply().seq == 2);
  CHECK(paid.as<account_state>().balance == 70);
  CHECK(node.get(accounts, 1).reply().seq == 2);
  CHECK(node.counters(accounts).turns == 2);
}

TEST_CASE("a refusal of the business is a turn without events", "[turn]") {
  simulated_node node{behaviours()};
  (void)node.say(accounts, {}, open_account{"ann"});
  const auto refused = node.say(accounts, {1}, withdraw{1});
  CHECK(refused.failure().code == errc::rejected);
  CHECK(refused.failure().shown_code() == "OVERDRAWN");
  CHECK(balance(node, 1) == 0);
  const auto all = node.records(accounts);
  REQUIRE(all.size() == 2);
  CHECK(all[1].rejected);
  CHECK(all[1].events.empty());
}

TEST_CASE("a command that changes nothing is answered with the present state", "[turn]") {
  simulated_node node{behaviours()};
  (void)node.say(accounts, {}, open_account{"ann"});
  CHECK(node.say(accounts, {1}, nothing{}).as<account_state>().owner == "ann");
  CHECK(node.records(accounts).back().events.empty());
}

TEST_CASE("ids given by shards are dealt round, so that the id tells the shard", "[turn]") {
  simulated_node node{behaviours(), {.shards = 3}};
  std::map<std::int64_t, int> seen;
  for (int i = 0; i < 30; ++i) {
    const auto made = node.say(accounts, {}, open_account{"ann"});
    ++seen[made.reply().target.number];
  }
  CHECK(seen.size() == 30);
  for (const auto& [id, times] : seen) {
    CHECK(times == 1);
    CHECK(node.get(accounts, id).ok());
  }
  CHECK(node.list(accounts).size() == 30);
}

TEST_CASE("what is addressed wrongly is refused without a turn", "[turn]") {
  simulated_node node{behaviours()};
  (void)node.say(accounts, {}, open_account{"ann"});
  CHECK(node.say(accounts, {9}, deposit{1}).failure().code == errc::not_found);
  CHECK(node.get(accounts, 9).failure().code == errc::not_found);
  CHECK(node.say(accounts, {}, deposit{1}).failure().code == errc::malformed);
  CHECK(node.say(accounts, {8}, open_account{"eve"}).failure().code == errc::malformed);
  CHECK(node.say(accounts, {1}, open_account{"eve"}).failure().code == errc::malformed);
  CHECK(node.say(accounts, {1}, mark_sent{}).failure().code == errc::unknown_command);
  CHECK(node.say(accounts, {1}, audit{}).failure().code == errc::unknown_command);
  CHECK(node.say(node.command(accounts, {1}, audit{}, node.fresh_id()), true).ok());
  auto broken = node.command(accounts, {1}, deposit{1}, node.fresh_id());
  broken.payload = encode_value(value{value::object{{"amount", "much"}}});
  CHECK(node.say(broken).failure().code == errc::malformed);
  CHECK(node.say(accounts, {}, open_account{""}).failure().code == errc::malformed);
  CHECK(balance(node, 1) == 0);
  CHECK(node.say("bank.nowhere", {1}, deposit{1}).failure().code == errc::unknown_context);
}

TEST_CASE("a command id from a clock that is far ahead is refused", "[turn]") {
  simulated_node node{behaviours()};
  const auto ahead = dedup_window::clock_skew_ms_max + 1'000;
  const auto id = command_id::make(node.time().wall() + ahead, 1, 2);
  CHECK(node.say(accounts, {}, open_account{"ann"}, id).failure().code == errc::malformed);
}

TEST_CASE("a removed aggregate is not found, and its id is not given again", "[turn]") {
  simulated_node node{behaviours()};
  (void)node.say(accounts, {}, open_account{"ann"});
  REQUIRE(node.say(accounts, {1}, close_account{}).ok());
  CHECK(node.get(accounts, 1).failure().code == errc::not_found);
  CHECK(node.say(accounts, {1}, deposit{1}).failure().code == errc::not_found);
  CHECK(node.list(accounts).empty());
  CHECK(node.say(accounts, {}, open_account{"bob"}).reply().target.number == 2);
  node.crash_and_restart();
  CHECK(node.get(accounts, 1).failure().code == errc::not_found);
  CHECK(node.say(accounts, {}, open_account{"cid"}).reply().target.number == 3);
}

TEST_CASE("a list sees every command that was acknowledged before it", "[turn]") {
  simulated_node node{behaviours()};
  (void)node.say(accounts, {}, open_account{"ann"});
  (void)node.say(accounts, {1}, deposit{5});
  const auto rows = node.list(accounts);
  REQUIRE(rows.size() == 1);
  CHECK(*rows.at(1).find("balance") == value{5});
}

TEST_CASE("a command whose time is over before its turn has no effect", "[turn]") {
  simulated_node node{behaviours()};
  (void)node.say(accounts, {}, open_account{"ann"});
  auto late = node.command(accounts, {1}, deposit{1}, node.fresh_id());
  late.remaining_ms = 100;
  const auto of = node.post(late);
  node.time_jump(101ms);
  node.run();
  CHECK(node.heard(of).failure().code == errc::deadline_exceeded);
  CHECK(balance(node, 1) == 0);
  CHECK(node.say(late).ok()); // the same id again: it had no effect before
  CHECK(balance(node, 1) == 1);
}

TEST_CASE("an aggregate with too much waiting refuses more, its neighbours do not", "[turn]") {
  shard_limits limits;
  limits.waiting_per_aggregate = 3;
  simulated_node node{behaviours(), {.limits = limits}};
  (void)node.say(accounts, {}, open_account{"ann"});
  (void)node.say(accounts, {}, open_account{"bob"});
  std::vector<simulated_node::ticket> sent;
  for (int i = 0; i < 5; ++i)
    sent.push_back(node.post(accounts, {1}, deposit{1}, node.fresh_id()));
  const auto other = node.post(accounts, {2}, deposit{1}, node.fresh_id());
  node.run();
  int accepted = 0;
  for (const auto of : sent) {
    const auto got = node.answer_to(of);
    if (got->ok())
      ++accepted;
    else
      CHECK(got->failure().code == errc::overloaded);
  }
  CHECK(accepted == 3);
  CHECK(node.heard(other).ok());
  CHECK(balance(node, 1) == 3);
}

TEST_CASE("a shard with too much waiting refuses more and says when to come back", "[turn]") {
  shard_limits limits;
  limits.waiting_max = 2;
  simulated_node node{behaviours(), {.limits = limits}};
  std::vector<simulated_node::ticket> sent;
  for (int i = 0; i < 4; ++i)
    sent.push_back(node.post(accounts, {}, open_account{"ann"}, node.fresh_id()));
  node.run();
  CHECK(node.heard(sent[1]).ok());
  CHECK(node.heard(sent[2]).failure().code == errc::overloaded);
  CHECK(node.heard(sent[3]).failure().retry_after_ms > 0);
  CHECK(node.list(accounts).size() == 2);
}

TEST_CASE("a read in the same round sees what was committed before, not what is decided",
          "[turn]") {
  simulated_node node{behaviours()};
  (void)node.say(accounts, {}, open_account{"ann"});
  (void)node.post(accounts, {1}, deposit{5}, node.fresh_id());
  request read;
  read.kind = request_kind::get;
  read.context = accounts;
  read.target = {1};
  const auto of = node.post(read);
  node.run();
  CHECK(node.heard(of).as<account_state>().balance == 0);
  CHECK(balance(node, 1) == 5);
}

TEST_CASE("a stopped context refuses everything, reads included", "[turn]") {
  simulated_node node{behaviours()};
  (void)node.say(accounts, {}, open_account{"ann"});
  node.stop(accounts);
  CHECK(node.get(accounts, 1).failure().code == errc::context_down);
  CHECK(node.say(accounts, {1}, deposit{1}).failure().code == errc::context_down);
  node.start(accounts);
  CHECK(node.get(accounts, 1).ok());
}

TEST_CASE("aggregates leave memory when nobody uses them and come back as they were", "[turn]") {
  shard_limits limits;
  limits.residents_max = 2;
  simulated_node node{behaviours(), {.limits = limits}};
  for (int i = 0; i < 10; ++i)
    (void)node.say(accounts, {}, open_account{"ann"});
  for (int i = 1; i <= 10; ++i)
    (void)node.say(accounts, {i}, deposit{i});
  for (int i = 0; i < 20; ++i)
    node.maintain(false);
  CHECK(node.counters(accounts).residents <= 2);
  for (int i = 1; i <= 10; ++i)
    CHECK(balance(node, i) == i);
}
