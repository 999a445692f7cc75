#include "tests/handoff/stories.hpp"

#include <catch2/catch.hpp>

/// Asks and events between contexts of one node stay inside it, also in a cluster.
namespace troupe::test {
namespace {

const std::string near = "taxi.call,taxi.driver,taxi.callList";

/// A number of the cluster's part of a node's status.
std::int64_t counter(const node_group& nodes, const std::string& node, const std::string& which) {
  client_options options;
  options.endpoints = {nodes.endpoint(node)};
  options.deadline = patience;
  auto through = client::connect(std::move(options));
  REQUIRE(through);
  call_options only;
  only.endpoint = nodes.endpoint(node);
  const auto said = through->admin("status", {}, only).get();
  REQUIRE(said);
  return number(*said, "cluster/" + which);
}

/// Rides through two nodes, the second of which hosts what it is told to.
void ride_with(node_group& nodes, const std::string& first, const std::string& second) {
  nodes.give("n1", {"--host", first});
  nodes.give("n2", {"--host", second});
  nodes.start({"n1", "n2"});
  crowd clients{nodes, rides()};
  CHECK(clients.does(1'000));
  clients.check_events();
  INFO(clients.wrong().text());
  CHECK(clients.wrong().count() == 0);
}

TEST_CASE("asks, policies and views of contexts on one node touch no socket") {
  node_group nodes{{"--expect", "2"}};
  ride_with(nodes, near + ",taxi.payment", "screening.hospital");
  for (const char* node : {"n1", "n2"}) {
    INFO(node);
    CHECK(counter(nodes, node, "forwarded") == 0);
    CHECK(counter(nodes, node, "answered") == 0);
    CHECK(counter(nodes, node, "refused") == 0);
  }
}

TEST_CASE("asks of a context on another node are forwarded, and each is answered") {
  node_group nodes{{"--expect", "2"}};
  ride_with(nodes, near, "taxi.payment");
  CHECK(counter(nodes, "n1", "forwarded") > 20);
  CHECK(eventually(
      [&] { return counter(nodes, "n1", "answered") == counter(nodes, "n1", "forwarded"); }));
  CHECK(counter(nodes, "n2", "forwarded") == 0); // payment listens to nobody
}

} // namespace
} // namespace troupe::test
