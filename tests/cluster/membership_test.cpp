#include "net/cluster/membership.hpp"

#include "tests/cluster/node_before_store.hpp"

#include <catch2/catch.hpp>

#include <chrono>

using namespace troupe;
using namespace troupe::test;

namespace {

using std::chrono::milliseconds;
using phase = local_part::phase;

} // namespace

// -- registering and the own lease ----------------------------------------------------------------

TEST_CASE("a node registers one above its highest generation and buries the older ones") {
  node_before_store node;
  node.write(member_of("n1", {"a"}, member_state::dead, 3));
  node.write(member_of("n1", {"a"}, member_state::active, 4));
  node.write(member_of("n2", {"a"}, member_state::active));
  node.write(shard_of("a", 0, {"n1", 4}, 7));
  shard_row on_its_way = shard_of("a", 1, n2, 2);
  on_its_way.target = {"n1", 4};
  on_its_way.target_ready = true;
  node.write(on_its_way);
  CHECK_FALSE(node.logic.registered());
  node.logic.saw(node.store.read(), node.now);
  const auto actions = node.logic.next(node.now);
  REQUIRE(actions.size() == 1);
  const auto& proposal = std::get<propose_action>(actions.front());
  REQUIRE(node.store.change(proposal.expected, proposal.what));
  CHECK(node.logic.next(node.now).empty()); // Nothing more before it has read.
  node.logic.saw(node.store.read(), node.now);
  CHECK(node.logic.registered());
  CHECK(node.logic.self() == member_key{"n1", 5});
  CHECK(node.state_of({"n1", 4}) == member_state::dead);
  CHECK(node.state_of({"n1", 5}) == member_state::joining);
  CHECK_FALSE(node.row(a0).owner.given());
  CHECK(node.row(a0).epoch == epoch_number{7});
  CHECK(node.row(a1).owner == n2);
  CHECK_FALSE(node.row(a1).target.given());
}

TEST_CASE("a lost race for the version is run again on the new one") {
  node_before_store node;
  node.logic.saw(node.store.read(), node.now);
  const auto first = node.logic.next(node.now);
  node.write(member_of("n2", {"a"}));
  CHECK_FALSE(node.store.change(std::get<propose_action>(first.front()).expected, {}));
  node.run();
  CHECK(node.logic.registered());
}

TEST_CASE("a store that fails is not asked again at once") {
  node_before_store node;
  node.logic.saw(node.store.read(), node.now);
  CHECK(node.logic.next(node.now).size() == 1);
  node.logic.saw(node.store.read(), node.now);
  CHECK(node.logic.next(node.now).empty());
  CHECK(node.logic.wake_at() == node.now + node.timing.renew_every / 4);
  node.now = node.logic.wake_at();
  CHECK(node.logic.next(node.now).size() == 1);
}

TEST_CASE("it renews in time, serves a while after, and ends when its lease is over") {
  node_before_store node;
  CHECK(node.logic.serves_until() == monotonic_time{});
  node.start();
  const monotonic_time renewed = node.now;
  CHECK(node.logic.serves_until() == renewed + node.timing.serve_for);
  node.now += milliseconds{999};
  node.last = node.logic.next(node.now);
  CHECK(node.all<renew_action>().empty());
  CHECK(node.logic.wake_at() <= renewed + node.timing.renew_every);
  node.now += milliseconds{1};
  node.last = node.logic.next(node.now);
  CHECK(node.all<renew_action>().size() == 1);
  node.now += milliseconds{100};
  CHECK(node.logic.next(node.now).empty()); // Under way; asked again after a pause.
  node.now = renewed + milliseconds{3'999};
  node.last = node.logic.next(node.now);
  CHECK_FALSE(node.ends());
  node.now += milliseconds{1};
  CHECK_FALSE(node.logic.plans(node.now));
  node.last = node.logic.next(node.now);
  CHECK(node.ends());
  CHECK(node.logic.serves_until() == monotonic_time{});
}

TEST_CASE("a renewal that is known too late does not bring the lease back") {
  node_before_store node;
  node.start();
  node.logic.renewed(node.now + milliseconds{3'900});
  node.now += milliseconds{4'000};
  node.last = node.logic.next(node.now);
  CHECK(node.ends());
}

TEST_CASE("a node ends when it is refused, dead, replaced, or its lease was ended") {
  node_before_store node;
  node.start();
  SECTION("refused") {
    node.logic.refused();
  }
  SECTION("dead") {
    node.write(member_of("n1", {"a"}, member_state::dead));
  }
  SECTION("replaced") {
    node.write(member_of("n1", {"a"}, member_state::joining, 2));
  }
  SECTION("ended") {
    node.store.end_lease(n1);
  }
  SECTION("forgotten") {
    node.write(member_of("n1", {"a"}, member_state::dead));
    node.write(cluster_change{{}, {}, {}, {n1}});
  }
  node.run();
  CHECK(node.ends());
  CHECK(node.last.size() <= 2);
  CHECK(node.logic.serves_until() == monotonic_time{});
}

// -- planning -------------------------------------------------------------------------------------

TEST_CASE("a node alone becomes active and opens everything with epoch 1") {
  node_before_store node;
  node.run();
  CHECK(node.state_of(n1) == member_state::joining);
  node.start();
  CHECK(node.state_of(n1) == member_state::active);
  CHECK(node.logic.plans(node.now));
  CHECK(node.all<open_shard_action>() == std::vector<open_shard_action>{{a0, {1}}, {a1, {1}}});
  node.logic.part_is(a0, {phase::opening, {1}, false});
  node.open(a1);
  node.now += milliseconds{500};
  node.last = node.logic.next(node.now);
  CHECK(node.all<open_shard_action>().empty());
  node.logic.part_is(a0, {}); // It failed.
  node.last = node.logic.next(node.now);
  CHECK(node.all<open_shard_action>() == std::vector<open_shard_action>{{a0, {1}}});
}

TEST_CASE("the first planner waits for the others, but not for long") {
  cluster_timing timing;
  timing.expected_members = 2;
  node_before_store node{"n1", timing};
  node.start();
  CHECK(node.store.shard(a0) == nullptr);
  SECTION("they come") {
    node.write(member_of("n2", {"a"}));
    node.run();
    CHECK(node.row(a0).owner != node.row(a1).owner);
  }
  SECTION("they do not come") {
    CHECK(node.logic.wake_at() <= node.now + timing.gather);
    node.pass(timing.gather);
    CHECK(node.row(a0).owner == n1);
    CHECK(node.row(a1).owner == n1);
  }
}

TEST_CASE("the lowest active member with a lease plans, nobody else") {
  node_before_store node{"n2"};
  node.write(member_of("n1", {"a"}));
  node.start();
  CHECK_FALSE(node.logic.plans(node.now));
  CHECK(node.store.shard(a0) == nullptr);
  node.write(member_of("n1", {"a"}, member_state::leaving));
  node.run();
  CHECK(node.logic.plans(node.now));
  CHECK(node.row(a0).owner == n2);
}

TEST_CASE("a silent member is buried and its shards given away in one proposal") {
  node_before_store node;
  node.write(member_of("n2", {"a"}));
  node.write(shard_of("a", 0, n2, 3));
  node.write(shard_of("a", 1, n2, 3));
  node.start();
  node.pass(milliseconds{3'750}, {n2});
  CHECK(node.state_of(n2) == member_state::active);
  CHECK(node.logic.live(node.now) == std::vector{n1, n2});
  const std::uint64_t version = node.store.version();
  node.pass(milliseconds{500}, {n2});
  CHECK(node.store.version() == version + 1);
  CHECK(node.state_of(n2) == member_state::dead);
  CHECK(node.row(a0).owner == n1);
  CHECK(node.row(a0).epoch == epoch_number{4});
  CHECK(node.logic.live(node.now) == std::vector{n1});
}

TEST_CASE("an ended lease is enough to bury, whatever the state") {
  node_before_store node;
  const auto state = GENERATE(member_state::joining, member_state::active, member_state::leaving);
  node.write(member_of("n2", {"a"}, state));
  node.start();
  node.store.end_lease(n2);
  node.run();
  CHECK(node.state_of(n2) == member_state::dead);
}

TEST_CASE("who beats is never buried") {
  node_before_store node;
  node.write(member_of("n2", {"a"}));
  node.start();
  node.pass(milliseconds{20'000});
  CHECK(node.state_of(n2) == member_state::active);
}

TEST_CASE("shards that were moved stay where they are for a while; first owners may move") {
  node_before_store node;
  const std::uint64_t epoch = GENERATE(1U, 2U);
  node.write(member_of("n2", {"a"}));
  node.write(shard_of("a", 0, n2, epoch));
  node.write(shard_of("a", 1, n2, epoch));
  node.start();
  if (epoch == 2) {
    CHECK_FALSE(node.row(a0).target.given());
    node.pass(node.timing.move_pause - milliseconds{250});
    CHECK_FALSE(node.row(a0).target.given());
    node.pass(milliseconds{250});
  }
  CHECK(node.row(a0).target == n1);
  CHECK_FALSE(node.row(a1).target.given());
}

TEST_CASE("old generations are forgotten, but never the newest of a name") {
  node_before_store node;
  for (std::uint64_t generation = 1; generation <= 14; ++generation)
    node.write(member_of("n2", {"a"}, member_state::dead, generation));
  node.start();
  const cluster_view view = node.store.read();
  CHECK(view.find({"n2", 3}) == nullptr);
  CHECK(view.find({"n2", 4}) != nullptr);
  CHECK(view.find({"n2", 14}) != nullptr);
  CHECK(view.members.size() == 12);
}

// -- waking ---------------------------------------------------------------------------------------

TEST_CASE("before the time to wake there is nothing to say, and something to do comes after it") {
  node_before_store node;
  node.write(member_of("n2", {"a"}));
  node.start();
  node.open(a0);
  node.open(a1);
  node.run();
  int woken = 0;
  for (int round = 0; round < 200; ++round) {
    const monotonic_time wake = node.logic.wake_at();
    REQUIRE(wake > node.now);
    REQUIRE(wake - node.now <= node.timing.renew_every);
    while (node.now + milliseconds{37} < wake) {
      node.now += milliseconds{37};
      CHECK(node.logic.next(node.now).empty());
    }
    node.now = wake;
    const std::uint64_t before = node.store.read().find_lease(n1)->beats;
    node.store.renew(n2);
    node.run();
    woken += node.store.read().find_lease(n1)->beats != before ? 1 : 0;
  }
  CHECK(woken >= 40);
}

TEST_CASE("after a crash of the whole cluster a new node has everything within seconds") {
  node_before_store node{"n3"};
  node.write(member_of("n1", {"a"}));
  node.write(member_of("n2", {"a"}, member_state::leaving));
  node.write(member_of("n3", {"a"}, member_state::active, 6));
  node.write(shard_of("a", 0, n1, 9));
  node.write(shard_of("a", 1, {"n3", 6}, 2));
  node.start();
  node.pass(node.timing.lease + milliseconds{250}, {n1, n2});
  CHECK(node.state_of(n1) == member_state::dead);
  CHECK(node.state_of(n2) == member_state::dead);
  CHECK(node.row(a0).owner == member_key{"n3", 7});
  CHECK(node.row(a0).epoch == epoch_number{10});
  CHECK(node.row(a1).owner == member_key{"n3", 7});
  CHECK(node.row(a1).epoch == epoch_number{3});
}
