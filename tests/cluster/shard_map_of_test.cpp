#include "net/cluster/shard_map_of.hpp"

#include "tests/cluster/fake_store.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using troupe::test::context_of;
using troupe::test::member_of;
using troupe::test::shard_of;

namespace {

const member_key n1{"n1", 1};
const member_key n2{"n2", 1};
const member_key n3{"n3", 2};

cluster_view view_of_three() {
  cluster_view view;
  view.version = 12;
  view.members = {member_of("n1", {"a"}), member_of("n2", {"a"}, member_state::leaving),
                  member_of("n3", {"a"}, member_state::dead, 2)};
  view.contexts = {context_of("a", 4), context_of("b", 1)};
  view.shards = {shard_of("a", 0, n2, 3), shard_of("a", 1, n3, 5), shard_of("a", 2, {}, 7)};
  return view;
}

} // namespace

TEST_CASE("a shard map names the living, their shards and every epoch") {
  const shard_map map = shard_map_of(view_of_three(), {n1, n2, n3});
  CHECK(map.version == 12);
  REQUIRE(map.members.size() == 2);
  CHECK(map.members[0] == map_member{"n1", 1, "tcp://n1", "1", "active"});
  CHECK(map.members[1] == map_member{"n2", 1, "tcp://n2", "1", "leaving"});
  CHECK(map.shards_of("a") == 4);
  CHECK(map.shards_of("b") == 1);
  REQUIRE(map.owner_of("a", {0}) != nullptr);
  CHECK(map.owner_of("a", {0})->node == "n2");
  CHECK(map.epoch_of("a", {0}) == epoch_number{3});
}

TEST_CASE("owners that are dead or not live are nobody, their epochs stay") {
  const shard_map map = shard_map_of(view_of_three(), {n1});
  CHECK(map.members.size() == 1);
  for (std::uint32_t shard = 0; shard < 4; ++shard)
    CHECK(map.owner_of("a", {shard}) == nullptr);
  CHECK(map.epoch_of("a", {0}) == epoch_number{3});
  CHECK(map.epoch_of("a", {1}) == epoch_number{5});
  CHECK(map.epoch_of("a", {2}) == epoch_number{7});
  CHECK(map.epoch_of("a", {3}) == epoch_number{0});
}

TEST_CASE("rows beyond what the contexts say are left out") {
  cluster_view view = view_of_three();
  view.shards.push_back(shard_of("a", 9, n1, 1));
  view.shards.push_back(shard_of("z", 0, n1, 1));
  const shard_map map = shard_map_of(view, {n1});
  CHECK(map.shards_of("a") == 4);
  CHECK(map.shards_of("z") == 0);
}
