#include "net/connection_table.hpp"

#include <catch2/catch.hpp>

using namespace troupe;

TEST_CASE("a peer keeps its number; a number is never given again") {
  connection_table peers{10};
  auto* one = peers.admit("a", {});
  auto* other = peers.admit("b", {});
  const auto number = one->number;
  CHECK(other->number != number);
  CHECK(peers.admit("a", {}) == one);
  CHECK(peers.find(number) == one);
  peers.forget(number);
  CHECK(peers.find(number) == nullptr);
  CHECK(peers.admit("a", {})->number > other->number);
  CHECK(peers.size() == 2);
}

TEST_CASE("a full table takes no new peer, but knows the old ones") {
  connection_table peers{2};
  auto* one = peers.admit("a", {});
  REQUIRE(peers.admit("b", {}) != nullptr);
  CHECK(peers.admit("c", {}) == nullptr);
  CHECK(peers.admit("a", {}) == one);
  peers.forget(one->number);
  CHECK(peers.admit("c", {}) != nullptr);
}
