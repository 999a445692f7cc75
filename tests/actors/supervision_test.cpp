#include "supervisors/self_healing.hpp"
#include "tests/actors/bank.hpp"
#include "tests/actors/simulated.hpp"
#include "tests/support/faulty_storage.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::bank;
using namespace std::chrono_literals;

namespace {

struct two_accounts {
  simulated_node node{behaviours()};
  two_accounts() {
    (void)node.say(accounts, {}, open_account{"ann"});
    (void)node.say(accounts, {}, open_account{"bob"});
    (void)node.say(accounts, {1}, deposit{10});
  }
  std::int64_t balance(std::int64_t id) {
    return node.get(accounts, id).as<account_state>().balance;
  }
};

} // namespace

TEST_CASE("a failing handler fails its own command only", "[supervision]") {
  two_accounts with;
  auto& node = with.node;
  const auto before = node.post(accounts, {1}, deposit{1}, node.fresh_id());
  const auto failing = node.post(accounts, {1}, explode{}, node.fresh_id());
  const auto behind = node.post(accounts, {1}, deposit{2}, node.fresh_id());
  const auto neighbour = node.post(accounts, {2}, deposit{3}, node.fresh_id());
  node.run();
  CHECK(node.heard(failing).failure().code == errc::aggregate_crashed);
  CHECK(node.heard(before).ok());
  CHECK(node.heard(neighbour).ok());
  node.pass(10ms);
  CHECK(node.heard(behind).ok()); // its place in the mailbox was kept
  CHECK(with.balance(1) == 13);
  CHECK(with.balance(2) == 3);
  CHECK(node.counters(accounts).crashes == 1);
}

TEST_CASE("a command that crashed may be sent again with its id", "[supervision]") {
  two_accounts with;
  const auto failing = with.node.command(accounts, {1}, explode{}, with.node.fresh_id());
  CHECK(with.node.say(failing).failure().code == errc::aggregate_crashed);
  with.node.pass(10ms);
  CHECK(with.node.say(failing).failure().code == errc::aggregate_crashed);
  CHECK(with.balance(1) == 10);
  CHECK(with.node.records(accounts).size() == 3 + 2); // how often it crashed is kept
}

TEST_CASE("an aggregate that fails again and again starts later and later", "[supervision]") {
  two_accounts with;
  auto& node = with.node;
  for (int i = 0; i < 3; ++i) {
    (void)node.say(accounts, {1}, explode{});
    node.run(); // the first three restarts are immediate
  }
  const auto fourth = node.post(accounts, {1}, explode{}, node.fresh_id());
  node.run();
  CHECK(node.heard(fourth).failure().code == errc::aggregate_crashed);
  const auto waiting = node.post(accounts, {1}, deposit{1}, node.fresh_id());
  node.pass(50ms);
  CHECK_FALSE(node.answer_to(waiting)); // kept, not refused
  CHECK(with.balance(1) == 10);         // reads go on meanwhile
  node.pass(100ms);
  CHECK(node.heard(waiting).ok());
}

TEST_CASE("an aggregate that failed ten times is quarantined alone", "[supervision]") {
  two_accounts with;
  auto& node = with.node;
  for (int i = 0; i < 9; ++i) {
    const auto of = node.post(accounts, {1}, explode{}, node.fresh_id());
    node.pass(10'000ms); // the time-out of the command is longer than any backoff met here
    CHECK(node.answer_to(of));
  }
  const auto last = node.post(accounts, {1}, explode{}, node.fresh_id());
  const auto behind = node.post(accounts, {1}, deposit{1}, node.fresh_id());
  node.run();
  CHECK(node.heard(last).failure().code == errc::aggregate_crashed);
  CHECK(node.heard(behind).failure().code == errc::quarantined);
  CHECK(node.counters(accounts).quarantined == 1);
  CHECK(node.say(accounts, {1}, deposit{1}).failure().code == errc::quarantined);
  CHECK(with.balance(1) == 10);
  CHECK(node.say(accounts, {2}, deposit{1}).ok());
  node.time_jump(11min);
  node.run();
  CHECK(node.counters(accounts).quarantined == 0);
  CHECK(node.say(accounts, {1}, deposit{1}).ok()); // its trial
  CHECK(with.balance(1) == 11);
}

TEST_CASE("an operator sees who failed, and why", "[supervision]") {
  two_accounts with;
  auto& node = with.node;
  (void)node.say(accounts, {1}, explode{});
  node.pass(10ms);
  const auto about = [&](const std::string& verb, value arguments) {
    request content;
    content.kind = request_kind::admin;
    content.context = accounts;
    content.target = {1};
    content.name = verb;
    content.payload = encode_value(arguments);
    return node.say(content, true);
  };
  const value one{value::object{{"id", 1}}};
  const auto seen = decode_value(about("actor", one).reply().payload).value();
  CHECK(*seen.find("failures") == value{1});
  CHECK(*seen.find("restarts") == value{1});
  CHECK(*seen.find("state") == value{"live"});
  CHECK(seen.find("last_error")->get_if<std::string>()->find("boom") != std::string::npos);
  const auto told = decode_value(about("history", one).reply().payload).value();
  CHECK(*told.find("total") == value{2});
  CHECK(told.find("items")->get_if<value::array>()->size() == 2);
  const auto all = decode_value(about("actors", value{value::object{}}).reply().payload).value();
  CHECK(*all.find("total") == value{2});
  CHECK(about("juggle", one).failure().code == errc::unknown_command);
  CHECK(about("actor", value{value::object{{"id", 99}}}).failure().code == errc::not_found);
}

namespace {

/// Opens that many accounts, of which the first `failing` fail once each.
void fail_some(simulated_node& node, int accounts_made, int failing) {
  for (int i = 0; i < accounts_made; ++i)
    (void)node.say(accounts, {}, open_account{"ann"});
  for (int i = 1; i <= failing; ++i) {
    CHECK(node.say(accounts, {i}, explode{}).failure().code == errc::aggregate_crashed);
    node.run();
  }
}

} // namespace

TEST_CASE("a shard of which more than one aggregate in twenty fails is given up, after its commit",
          "[supervision]") {
  simulated_node node{behaviours()};
  fail_some(node, 60, 19);
  CHECK(node.given_up(accounts).empty());
  const auto beside = node.post(accounts, {40}, deposit{5}, node.fresh_id());
  const auto last = node.post(accounts, {20}, explode{}, node.fresh_id());
  node.run();
  REQUIRE(node.given_up(accounts).size() == 1);
  CHECK(node.given_up(accounts).front().message.find("boom") != std::string::npos);
  CHECK(node.heard(last).failure().code == errc::aggregate_crashed);
  CHECK(node.heard(beside).ok()); // decided in the same round: committed and answered
  CHECK(node.say(accounts, {41}, deposit{1}).failure().code == errc::context_down);
  node.stop(accounts); // what its supervisor does then
  node.start(accounts);
  CHECK(node.get(accounts, 40).as<account_state>().balance == 5);
  CHECK(node.say(accounts, {41}, deposit{1}).ok());
  CHECK(node.say(accounts, {1}, deposit{1}).ok());
}

TEST_CASE("failures that are few for a shard, or far apart, do not end it", "[supervision]") {
  simulated_node node{behaviours()};
  SECTION("one in twenty") {
    fail_some(node, 440, 22);
    CHECK(node.given_up(accounts).empty());
  }
  SECTION("one a second") {
    fail_some(node, 60, 0);
    for (int i = 1; i <= 40; ++i) {
      (void)node.say(accounts, {i}, explode{});
      node.pass(1'000ms);
    }
    CHECK(node.given_up(accounts).empty());
  }
}

TEST_CASE("restarts of aggregates are counted and limited", "[supervision][healing]") {
  healing_settings settings;
  settings.limits[0] = {2, 4'000ms};
  simulated_clock still; // so that nothing refills
  self_healing heals{still, settings, [](const supervision_event&) {}};
  simulated_node node{behaviours(), {.heals = &heals}};
  for (int i = 0; i < 3; ++i)
    (void)node.say(accounts, {}, open_account{"ann"});
  for (int i = 1; i <= 3; ++i) {
    (void)node.say(accounts, {i}, explode{});
    node.run();
  }
  CHECK(heals.of(healing_action::restart_aggregate).done == 2);
  CHECK(heals.of(healing_action::restart_aggregate).refused == 1);
  CHECK(node.say(accounts, {2}, deposit{1}).ok());
  auto patient = node.command(accounts, {3}, deposit{1}, node.fresh_id());
  patient.remaining_ms = 10'000;
  const auto waits = node.post(patient);
  node.run();
  CHECK_FALSE(node.answer_to(waits)); // kept, not refused
  still.advance(4'000ms);
  node.pass(2'100ms);
  CHECK(node.heard(waits).ok());
}

namespace {

/// What a client of the well ones hears, in order: deposits of three accounts and orders on them,
/// while `disturb` happens after each.
std::vector<std::string> answers_of_the_well(simulated_node& node,
                                             const std::function<void(int)>& disturb) {
  std::vector<std::string> heard;
  for (int i = 0; i < 4; ++i)
    (void)node.say(accounts, {}, open_account{"ann"});
  for (int i = 0; i < 40; ++i) {
    const aggregate_id account{2 + i % 3};
    const auto deposited = node.post(accounts, account, deposit{i + 1}, node.fresh_id());
    disturb(i);
    node.pass(100ms);
    const auto said = node.heard(deposited);
    REQUIRE(said.ok());
    heard.push_back(std::to_string(account.number) + " has " +
                    std::to_string(said.as<account_state>().balance) + " at turn " +
                    std::to_string(said.reply().seq));
  }
  return heard;
}

} // namespace

TEST_CASE("a failing child never changes its siblings' answers", "[supervision]") {
  simulated_node well{behaviours()};
  const auto expected = answers_of_the_well(well, [](int) {});
  const auto disk = std::make_shared<faulty_storage>(make_memory_storage());
  simulated_node node{behaviours(), {}, disk};
  std::function<void(int)> disturb;
  SECTION("an aggregate that fails again and again") {
    disturb = [&](int) { (void)node.post(accounts, {1}, explode{}, node.fresh_id()); };
  }
  SECTION("a context that fails and is opened again, again and again") {
    disturb = [&](int i) {
      if (i % 4 == 1) node.stop(orders);
      if (i % 4 == 3) node.start(orders);
      (void)node.post(orders, {}, place_order{1, 1}, node.fresh_id());
    };
  }
  SECTION("a shard whose commits fail again and again") {
    disturb = [&](int) {
      disk->fail_next_commit(orders, {0}, commit_fault::unknown_lost);
      (void)node.post(orders, {}, place_order{1, 1}, node.fresh_id());
    };
  }
  SECTION("a view that is damaged again and again") {
    disturb = [&](int i) {
      if (i % 8 == 0) node.disk().damage_views();
    };
  }
  CHECK(answers_of_the_well(node, disturb) == expected);
}
