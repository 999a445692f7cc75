#include "messages/shard_map.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

namespace {

shard_map some_map() {
  shard_map made;
  made.version = 3;
  made.members = {{"n1", 1, "tcp://a:1", "b", "active"}, {"n2", 4, "tcp://b:1", "b", "leaving"}};
  made.contexts["taxi.call"] = {{1, {7}}, {map_owner::nobody, {2}}, {9, {1}}};
  return made;
}

} // namespace

TEST_CASE("a shard map tells owner, epoch and number of shards of what it knows") {
  const auto map = some_map();
  REQUIRE(map.owner_of("taxi.call", {0}) != nullptr);
  CHECK(map.owner_of("taxi.call", {0})->node == "n2");
  CHECK(map.epoch_of("taxi.call", {0}).value == 7);
  CHECK(map.shards_of("taxi.call") == 3);
}

TEST_CASE("a shard without an owner has an epoch, and no member") {
  const auto map = some_map();
  CHECK(map.owner_of("taxi.call", {1}) == nullptr);
  CHECK(map.epoch_of("taxi.call", {1}).value == 2);
}

TEST_CASE("what a shard map does not know has neither owner nor epoch nor shards") {
  const auto map = some_map();
  CHECK(map.owner_of("taxi.call", {3}) == nullptr);
  CHECK(map.owner_of("taxi.call", {2}) == nullptr); // a member that is not listed
  CHECK(map.owner_of("taxi.payment", {0}) == nullptr);
  CHECK(map.epoch_of("taxi.payment", {0}).value == 0);
  CHECK(map.shards_of("taxi.payment") == 0);
}
