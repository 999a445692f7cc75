#include "tests/handoff/node_group.hpp"

#include <catch2/catch.hpp>

/// Leaving where not everything can be given away.
namespace troupe::test {
namespace {

TEST_CASE("a node that alone hosts some contexts gives the others away and ends cleanly") {
  node_group nodes{{"--system", "taxi", "--expect", "2"}};
  nodes.give("n2", {"--host", "taxi.call"});
  nodes.start({"n1", "n2"});
  REQUIRE(nodes.end("n1") == 0);
  CHECK(eventually([&] {
    const auto view = nodes.agreed();
    for (const auto& each : view.shards)
      if ((each.which.context == "taxi.call") != (each.owner.node == "n2")) return false;
    return true;
  }));
  CHECK(nodes.end("n2") == 0);
}

TEST_CASE("nodes that end at the same time all end cleanly") {
  node_group nodes{{"--system", "taxi", "--expect", "3"}};
  nodes.start({"n1", "n2", "n3"});
  for (const char* each : {"n1", "n2", "n3"})
    nodes.ask_to_end(each);
  for (const char* each : {"n1", "n2", "n3"})
    CHECK(nodes.end(each) == 0);
}

} // namespace
} // namespace troupe::test
