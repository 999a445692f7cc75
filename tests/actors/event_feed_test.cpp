#include "tests/actors/bank.hpp"
#include "tests/actors/simulated.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::bank;

namespace {

std::vector<std::string> names(const std::vector<published_event>& from) {
  std::vector<std::string> all;
  for (const auto& each : from)
    all.push_back(each.name);
  return all;
}

struct published {
  simulated_node node{behaviours()};
  published() {
    (void)node.say(accounts, {}, open_account{"ann"});
    (void)node.say(accounts, {1}, deposit{1});
    (void)node.say(accounts, {1}, deposit{2});
  }
};

} // namespace

TEST_CASE("a subscriber gets what was and what comes, in order", "[feed]") {
  published with;
  const auto of = with.node.subscribe(accounts, {});
  (void)with.node.say(accounts, {1}, deposit{3});
  const auto& got = with.node.pushed(of);
  CHECK(names(got) == std::vector<std::string>{"Opened", "Deposited", "Deposited", "Deposited"});
  CHECK(got[3].index.value == 4);
  CHECK(got[3].seq == 4);
  CHECK(got[3].aggregate.number == 1);
}

TEST_CASE("a subscriber of only new events gets no old ones", "[feed]") {
  published with;
  subscribe_request wanted;
  wanted.only_new = true;
  const auto of = with.node.subscribe(accounts, wanted);
  CHECK(with.node.pushed(of).empty());
  (void)with.node.say(accounts, {1}, withdraw{1});
  CHECK(names(with.node.pushed(of)) == std::vector<std::string>{"Withdrawn"});
}

TEST_CASE("a subscriber gets no more than it granted", "[feed]") {
  published with;
  subscribe_request wanted;
  wanted.credit = 1;
  const auto of = with.node.subscribe(accounts, wanted);
  CHECK(with.node.pushed(of).size() == 1);
  with.node.grant(of, 1);
  CHECK(with.node.pushed(of).size() == 2);
  with.node.grant(of, 10);
  CHECK(with.node.pushed(of).size() == 3);
}

TEST_CASE("internal events stay inside", "[feed]") {
  published with;
  auto asked = with.node.command(accounts, {1}, withdraw{2}, with.node.fresh_id());
  REQUIRE(with.node.say(asked, true).ok());
  asked.kind = request_kind::void_ask;
  REQUIRE(with.node.say(asked, true).ok());
  subscribe_request wanted;
  wanted.from = {4};
  const auto of = with.node.subscribe(accounts, wanted);
  CHECK(names(with.node.pushed(of)) == std::vector<std::string>{"Withdrawn"});
}

TEST_CASE("a position that does not exist yet is gone", "[feed]") {
  published with;
  subscribe_request wanted;
  wanted.from = {9};
  const auto of = with.node.subscribe(accounts, wanted);
  CHECK(with.node.heard(of).failure().code == errc::position_gone);
}

TEST_CASE("a subscription ends with its context", "[feed]") {
  published with;
  const auto of = with.node.subscribe(accounts, {});
  with.node.stop(accounts);
  with.node.run();
  CHECK(with.node.heard(of).failure().code == errc::context_down);
}

TEST_CASE("a backlog larger than a push comes whole and in order", "[feed]") {
  published with;
  for (int i = 0; i < 5'000; ++i)
    (void)with.node.post(accounts, {1}, nothing{}, with.node.fresh_id());
  for (int i = 0; i < 900; ++i)
    (void)with.node.post(accounts, {1}, deposit{i}, with.node.fresh_id());
  with.node.run();
  subscribe_request wanted;
  wanted.credit = 100'000;
  const auto of = with.node.subscribe(accounts, wanted);
  for (int i = 0; i < 10; ++i)
    with.node.maintain(false);
  const auto& got = with.node.pushed(of);
  for (std::size_t i = 1; i < got.size(); ++i)
    CHECK(got[i - 1].index < got[i].index);
  CHECK(got.size() >= 3);
}
