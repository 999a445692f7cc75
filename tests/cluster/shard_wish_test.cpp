#include "net/cluster/shard_wish.hpp"

#include "net/cluster/assignment.hpp"
#include "tests/cluster/fake_store.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe;
using troupe::test::context_of;
using troupe::test::member_of;

namespace {

const member_key n1{"n1", 1};
const member_key n2{"n2", 3};
const shard_ref a0{"a", {0}};
const shard_ref a1{"a", {1}};

/// Two nodes with a shard each.
struct two_nodes {
  cluster_view view;
  std::vector<member_key> live{n1, n2};

  two_nodes() {
    view.members = {member_of("n1", {"a"}), member_of("n2", {"a"}, member_state::active, 3)};
    view.contexts = {context_of("a", 2)};
    view.shards = {{a0, n1, {1}, {}, false}, {a1, n2, {1}, {}, false}};
  }
  [[nodiscard]] std::string refused(const shard_ref& which, const std::string& to) const {
    const auto row = wished_row(view, live, which, to);
    return row ? "OK" : std::string{row.error().shown_code()};
  }
  void write(const shard_row& row) {
    *std::ranges::find(view.shards, row.which, &shard_row::which) = row;
  }
  [[nodiscard]] std::vector<shard_row> plan() const {
    member_facts facts;
    facts.live = {live.begin(), live.end()};
    facts.pinned = [](const shard_ref&) { return false; };
    return plan_assignment(view, facts, {});
  }
};

} // namespace

TEST_CASE("a wished shard gets its target and is held there", "[shard-wish]") {
  two_nodes of;
  const auto row = wished_row(of.view, of.live, a0, "n2").value();
  CHECK(row.target == n2);
  CHECK(row.owner == n1);
  CHECK(row.held);
  CHECK(row.epoch == epoch_number{1}); // it changes with its owner
  of.write(row);
  for (const auto& each : of.plan()) // on its way: nobody calls it off
    CHECK(each.which == a1);
  auto there = row;
  there.owner = n2;
  there.target = {};
  ++there.epoch.value;
  of.write(there);
  CHECK(of.plan().empty() == false); // the other one, which nobody holds, makes them even
  for (const auto& each : of.plan())
    CHECK(each.which == a1);
}

TEST_CASE("a held shard stays where it is as long as its node does", "[shard-wish]") {
  two_nodes of;
  of.view.shards = {{a0, n2, {2}, {}, false, true}, {a1, n2, {1}, {}, false, true}};
  CHECK(of.plan().empty()); // uneven, and wanted so
  auto free = wished_row(of.view, of.live, a0, "any").value();
  CHECK_FALSE(free.held);
  of.write(free);
  const auto balanced = of.plan();
  REQUIRE(balanced.size() == 1);
  CHECK(balanced[0].which == a0);
  of.write({a0, n2, {2}, {}, false, true});
  of.view.members[1].state = member_state::leaving;
  const auto leaving = of.plan();
  REQUIRE(leaving.size() == 2);
  for (const auto& each : leaving) {
    CHECK(each.target == n1);
    CHECK_FALSE(each.held);
  }
  of.view.members[1].state = member_state::dead;
  of.live = {n1};
  for (const auto& each : of.plan()) {
    CHECK(each.owner == n1);
    CHECK_FALSE(each.held);
  }
}

TEST_CASE("a wish that cannot be granted says why", "[shard-wish]") {
  two_nodes of;
  CHECK(of.refused(a0, "n2") == "OK");
  CHECK(of.refused(a0, "n1") == "ALREADY_THERE");
  CHECK(of.refused(a0, "n9") == "NOT_FOUND");
  CHECK(of.refused({"a", {2}}, "n2") == "MALFORMED");
  CHECK(of.refused({"b", {0}}, "n2") == "UNKNOWN_CONTEXT");
  of.view.shards[0].target = n2;
  CHECK(of.refused(a0, "n2") == "MOVING");
  of.view.shards[0].target = {};
  of.view.members[1].state = member_state::joining;
  CHECK(of.refused(a0, "n2") == "NOT_ACTIVE");
  of.view.members[1] = member_of("n2", {"z"}, member_state::active, 3);
  CHECK(of.refused(a0, "n2") == "NOT_HOSTED");
  of.view.shards[0].owner = {};
  CHECK(of.refused(a0, "n2") == "CONTEXT_DOWN");
  of.live = {n1};
  CHECK(of.refused(a1, "n1") == "ALONE");
}
