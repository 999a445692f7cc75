#include "bin/launcher/ownership.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

shard_row shard(std::uint32_t number, member_key owner, member_key target = {}) {
  shard_row row;
  row.which = {"taxi.call", shard_number{number}};
  row.owner = std::move(owner);
  row.target = std::move(target);
  return row;
}

member_row member(const char* node, std::uint64_t generation, member_state state) {
  return {{node, generation}, "tcp://" + std::string{node}, "", "build", state, {}};
}

} // namespace

TEST_CASE("Shards are counted by owner, by hand-over, and where nobody has them") {
  cluster_view view;
  view.members = {member("n1", 1, member_state::dead), member("n1", 2, member_state::active),
                  member("n2", 1, member_state::leaving)};
  view.contexts = {{.name = "taxi.call", .shards = 6}, {.name = "taxi.driver", .shards = 2}};
  view.shards = {shard(0, {"n1", 2}), shard(1, {"n1", 1}), shard(2, {}), shard(3, {"n2", 1}),
                 shard(4, {"n2", 1}, {"n1", 2})};
  view.leases = {{{"n1", 2}, 5, false}, {{"n2", 1}, 5, false}};
  const ownership who = ownership_of(view);
  CHECK(who.shards == 8);
  // Of a dead generation, of nobody, and three that have no row yet.
  CHECK(who.without_owner == 5);
  CHECK(who.moving == 1);
  CHECK(who.nodes.at("n1").owns == 1);
  CHECK(who.nodes.at("n1").takes == 1);
  CHECK(who.nodes.at("n1").member.who.generation == 2);
  CHECK(who.nodes.at("n2").owns == 2);
  CHECK(who.nodes.at("n2").gives == 1);
  view.leases[1].ended = true;
  CHECK(ownership_of(view).without_owner == 7);
}

TEST_CASE("The member whose lease is to be ended is the newest that is not dead") {
  cluster_view view;
  view.members = {member("n1", 1, member_state::dead), member("n1", 2, member_state::joining),
                  member("n2", 3, member_state::dead)};
  CHECK(living_member(view, "n1") == member_key{"n1", 2});
  CHECK_FALSE(living_member(view, "n2"));
  CHECK_FALSE(living_member(view, "n3"));
}
