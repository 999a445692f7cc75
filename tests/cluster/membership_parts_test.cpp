#include "net/cluster/membership.hpp"
#include "tests/cluster/node_before_store.hpp"

#include <catch2/catch.hpp>

#include <chrono>

using namespace troupe;
using namespace troupe::test;

namespace {

using std::chrono::milliseconds;
using phase = local_part::phase;

/// n1 owns both shards with epoch 1 and has them open; n2 is there and hosts them as well.
struct owner_and_other : node_before_store {
  explicit owner_and_other(member_state other = member_state::active) {
    cluster_timing still;
    still.moves_at_once = 0; // The test makes the moves itself.
    timing = still;
    logic = membership{member_of("n1", {"a"}), still};
    start();
    write(member_of("n2", {"a"}, other));
    run();
    open(a0);
    open(a1);
    run();
  }
  void mark(const shard_ref& which, const member_key& target, bool ready) {
    shard_row marked = row(which);
    marked.target = target;
    marked.target_ready = ready;
    write(marked);
    run();
  }
};

} // namespace

// -- giving ---------------------------------------------------------------------------------------

TEST_CASE("an owner serves until the target is ready, then closes, then hands over") {
  owner_and_other node;
  node.mark(a0, n2, false);
  CHECK(node.all<close_shard_action>().empty());
  node.mark(a0, n2, true);
  CHECK(node.all<close_shard_action>() == std::vector<close_shard_action>{{a0, false}});
  node.logic.part_is(a0, {phase::closing, {1}, false});
  node.run();
  CHECK(node.last.empty());
  CHECK(node.row(a0).owner == n1);
  node.logic.part_is(a0, {});
  node.run();
  CHECK(node.row(a0).owner == n2);
  CHECK(node.row(a0).epoch == epoch_number{2});
  CHECK_FALSE(node.row(a0).target.given());
  CHECK_FALSE(node.row(a0).target_ready);
  CHECK(node.last.empty());
}

TEST_CASE("shards that are closed at one time are handed over in one proposal") {
  owner_and_other node;
  node.mark(a0, n2, true);
  node.mark(a1, n2, true);
  node.logic.part_is(a0, {});
  node.logic.part_is(a1, {});
  const std::uint64_t version = node.store.version();
  node.run();
  CHECK(node.store.version() == version + 1);
  CHECK(node.row(a0).owner == n2);
  CHECK(node.row(a1).owner == n2);
}

TEST_CASE("if the target dies after the shard was closed, the owner takes it back") {
  owner_and_other node;
  node.mark(a0, n2, true);
  node.logic.part_is(a0, {phase::closing, {1}, false});
  node.store.end_lease(n2);
  node.run();
  node.logic.part_is(a0, {});
  node.run();
  CHECK(node.row(a0).owner == n1);
  CHECK(node.row(a0).epoch == epoch_number{1});
  CHECK_FALSE(node.row(a0).target.given());
  CHECK(node.all<open_shard_action>() == std::vector<open_shard_action>{{a0, {1}}});
}

TEST_CASE("a move to a target that never gets ready is called off, and the shard stays open") {
  owner_and_other node;
  node.mark(a0, n2, false);
  node.pass(node.timing.target_patience - milliseconds{250});
  CHECK(node.row(a0).target == n2);
  node.pass(milliseconds{250});
  CHECK_FALSE(node.row(a0).target.given());
  CHECK(node.all<close_shard_action>().empty());
}

TEST_CASE("a shard that was never opened is handed over without waiting") {
  owner_and_other node;
  node.logic.part_is(a0, {});
  node.mark(a0, n2, false);
  CHECK(node.row(a0).owner == n2);
}

TEST_CASE("a part that belongs to somebody else, or of another epoch, is closed as lost") {
  owner_and_other node;
  SECTION("another owner") {
    node.write(shard_of("a", 0, n2, 2));
  }
  SECTION("another epoch") {
    node.write(shard_of("a", 0, n1, 3));
  }
  node.run();
  CHECK(node.all<close_shard_action>() == std::vector<close_shard_action>{{a0, true}});
  node.logic.part_is(a0, {});
  node.now += milliseconds{300};
  node.last = node.logic.next(node.now);
  CHECK(node.all<close_shard_action>().empty());
  const bool own = node.row(a0).owner == n1;
  CHECK(node.all<open_shard_action>().size() == (own ? 1 : 0));
}

TEST_CASE("nothing is opened without the right to serve") {
  owner_and_other node;
  node.logic.part_is(a0, {});
  node.now += node.timing.serve_for;
  node.last = node.logic.next(node.now);
  CHECK(node.all<open_shard_action>().empty());
}

// -- taking ---------------------------------------------------------------------------------------

TEST_CASE("a target prepares, says so, and opens once it is the owner") {
  owner_and_other node;
  node.write(shard_of("a", 0, n2, 2));
  node.run();
  node.logic.part_is(a0, {});
  node.mark(a0, n1, false);
  CHECK(node.all<prepare_action>() == std::vector<prepare_action>{{a0, false}});
  CHECK_FALSE(node.row(a0).target_ready);
  node.logic.part_is(a0, {phase::closed, {}, true});
  node.run();
  CHECK(node.row(a0).target_ready);
  CHECK(node.row(a0).owner == n2);
  CHECK(node.all<open_shard_action>().empty());
  SECTION("handed over") {
    node.write(shard_of("a", 0, n1, 3));
    node.run();
    CHECK(node.all<open_shard_action>() == std::vector<open_shard_action>{{a0, {3}}});
    CHECK(node.all<prepare_action>().empty());
  }
  SECTION("called off") {
    node.write(shard_of("a", 0, n2, 2));
    node.run();
    CHECK(node.all<prepare_action>() == std::vector<prepare_action>{{a0, true}});
  }
}

// -- leaving --------------------------------------------------------------------------------------

TEST_CASE("a leaving node stays in that state and is empty-handed when all is given away") {
  owner_and_other node;
  CHECK_FALSE(node.logic.empty_handed());
  node.logic.leave();
  node.run();
  CHECK(node.state_of(n1) == member_state::leaving);
  CHECK(node.logic.replaceable());
  CHECK_FALSE(node.logic.plans(node.now));
  node.mark(a0, n2, true);
  node.mark(a1, n2, true);
  node.logic.part_is(a0, {});
  node.logic.part_is(a1, {phase::closing, {1}, false});
  node.run();
  CHECK_FALSE(node.logic.empty_handed());
  node.logic.part_is(a1, {});
  node.run();
  CHECK(node.logic.empty_handed());
  node.logic.ready();
  node.run();
  CHECK(node.state_of(n1) == member_state::leaving);
  CHECK_FALSE(node.ends()); // Its process ends when its launcher says so.
}

TEST_CASE("a node is not replaceable if nobody else is active, alive and hosts what it owns") {
  owner_and_other node{GENERATE(member_state::joining, member_state::leaving)};
  node.logic.leave();
  node.run();
  CHECK_FALSE(node.logic.replaceable());
  node.write(member_of("n3", {"b"}));
  node.run();
  CHECK_FALSE(node.logic.replaceable());
  node.write(member_of("n4", {"a", "b"}));
  node.run();
  CHECK(node.logic.replaceable());
  node.store.end_lease({"n4", 1});
  node.run();
  CHECK_FALSE(node.logic.replaceable());
}

TEST_CASE("a node that has to leave before it was ready never becomes active") {
  node_before_store node;
  node.logic.leave();
  node.start();
  CHECK(node.state_of(n1) == member_state::leaving);
  CHECK(node.logic.empty_handed());
}

// -- links ----------------------------------------------------------------------------------------

TEST_CASE("a dead link is voted on, a mended one taken back, and only when the store differs") {
  owner_and_other node;
  CHECK(node.all<vote_action>().empty());
  node.logic.link_is(n2, false, node.now);
  node.run();
  REQUIRE(node.all<vote_action>().size() == 1);
  CHECK(node.all<vote_action>().front().of == vote_row{n1, n2});
  CHECK(node.all<vote_action>().front().suspected);
  node.store.vote({n1, n2}, true);
  node.now += milliseconds{300};
  node.run();
  CHECK(node.all<vote_action>().empty());
  node.logic.link_is(n2, true, node.now);
  node.run();
  REQUIRE(node.all<vote_action>().size() == 1);
  CHECK_FALSE(node.all<vote_action>().front().suspected);
}

TEST_CASE(
    "shards leave a member that is cut off from the group, and a lone planner keeps its own") {
  node_before_store node;
  node.write(member_of("n2", {"a"}));
  node.write(member_of("n3", {"a"}));
  node.write(shard_of("a", 0, n2, 1));
  node.write(shard_of("a", 1, n3, 1));
  node.start();
  node.store.vote({n1, n3}, true);
  node.store.vote({n2, n3}, true);
  node.pass(node.timing.suspect_for - milliseconds{250});
  CHECK_FALSE(node.row(a1).target.given());
  node.pass(milliseconds{500});
  CHECK(node.row(a1).target == n1);
  CHECK_FALSE(node.row(a0).target.given());
}
