#include "bench/own_cluster.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::bench;

namespace {

[[nodiscard]] std::size_t owned(const own_cluster& nodes, std::uint32_t which) {
  const auto shards = nodes.owned_by(which, "taxi.payment");
  REQUIRE(shards);
  return shards->size();
}

} // namespace

TEST_CASE("a cluster of the benchmark's own spreads its shards, loses a node, gets it back, ends") {
  const auto folder = scratch_folder::make(std::filesystem::temp_directory_path());
  REQUIRE(folder.ok());
  auto made = own_cluster::start(node_beside_this_program(), folder->path(), 2);
  REQUIRE(made.ok());
  auto& nodes = **made;
  CHECK(nodes.size() == 2);
  CHECK(nodes.endpoints().size() == 2);
  CHECK(owned(nodes, 0) + owned(nodes, 1) == 4);
  CHECK(nodes.stop(1).ok());
  CHECK(nodes.settle().ok());
  CHECK(owned(nodes, 0) == 4);
  CHECK(nodes.start_again(1).ok());
  CHECK(owned(nodes, 1) > 0);
  CHECK(nodes.kill(0, true).ok());
  CHECK(nodes.settle().ok());
  CHECK(owned(nodes, 1) == 4);
  CHECK(nodes.start_again(0).ok());
  CHECK(nodes.stop_all().ok());
}

TEST_CASE("a cluster whose nodes do not come up says so") {
  const auto folder = scratch_folder::make(std::filesystem::temp_directory_path());
  REQUIRE(folder.ok());
  const auto made = own_cluster::start(folder->path() / "none", folder->path(), 2);
  REQUIRE_FALSE(made.ok());
  CHECK(made.error().code == errc::not_found);
}
