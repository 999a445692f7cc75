#include "net/sdk/cluster_picture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe;

namespace {

/// Two members; taxi.call has one shard of each, taxi.callList one of the second.
shard_map two_nodes() {
  shard_map made;
  made.version = 1;
  made.members = {{"n1", 1, "tcp://a:1", "", "active"}, {"n2", 1, "tcp://b:1", "", "active"}};
  made.contexts["taxi.call"] = {{0, {1}}, {1, {1}}};
  made.contexts["taxi.callList"] = {{1, {1}}};
  return made;
}

std::vector<served_context> contexts(bool call_up, bool list_up, const std::string& waiting = {}) {
  return {{"taxi.call", 2, false, call_up}, {"taxi.callList", 1, true, list_up, waiting}};
}

served_context find(const std::vector<served_context>& in, const std::string& name) {
  const auto found = std::ranges::find(in, name, &served_context::name);
  REQUIRE(found != in.end());
  return *found;
}

} // namespace

TEST_CASE("a context is up if all its owners say so; others have no say") {
  const auto map = two_nodes();
  const auto good = merge_contexts(map, {contexts(true, false), contexts(true, true)});
  CHECK(good.size() == 2);
  CHECK(find(good, "taxi.call").up);
  CHECK(find(good, "taxi.call").shards == 2);
  CHECK(find(good, "taxi.callList").up);
  CHECK(find(good, "taxi.callList").view);
  const auto down = merge_contexts(map, {contexts(false, true), contexts(true, true)});
  CHECK_FALSE(find(down, "taxi.call").up);
  CHECK(find(down, "taxi.callList").up);
}

TEST_CASE("a context waits if one of its owners does") {
  const auto said =
      merge_contexts(two_nodes(), {contexts(true, true, "x"), contexts(true, true, "rebuilding")});
  CHECK(find(said, "taxi.callList").waiting == "rebuilding");
  CHECK(find(said, "taxi.callList").up);
}

TEST_CASE("who does not answer is down for what it owns, and so is what nobody owns") {
  auto map = two_nodes();
  const auto silent = merge_contexts(map, {contexts(true, true), std::nullopt});
  CHECK_FALSE(find(silent, "taxi.call").up);
  CHECK_FALSE(find(silent, "taxi.callList").up);
  map.contexts["taxi.call"][1].member = map_owner::nobody;
  const auto orphaned = merge_contexts(map, {contexts(true, true), contexts(true, true)});
  CHECK_FALSE(find(orphaned, "taxi.call").up);
  CHECK(find(orphaned, "taxi.callList").up);
}

TEST_CASE("a context that the map does not know is as its node says") {
  const served_context other{"siren.order", 4, false, false};
  const auto said = merge_contexts(two_nodes(), {std::vector{other}, contexts(true, true)});
  CHECK(find(said, "siren.order") == other);
}

TEST_CASE("the map tells how many shards a context has, else a hello") {
  const std::vector<served_context> hello{{"taxi.call", 7}, {"siren.order", 4}};
  CHECK(shards_of("taxi.call", two_nodes(), hello) == 2);
  CHECK(shards_of("siren.order", two_nodes(), hello) == 4);
  CHECK(shards_of("nothing.here", two_nodes(), hello) == 0);
}
