#include "tests/actors/bank.hpp"
#include "tests/actors/simulated.hpp"

#include <catch2/catch.hpp>

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
  CHECK(with.node.records(accounts).size() == 3); // no trace of it
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
