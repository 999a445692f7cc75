#include "tests/handoff/stories.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

/// Rolling restarts of three nodes while clients work: not one request may fail.
namespace troupe::test {
namespace {

using names = std::vector<std::string>;

const names three{"n1", "n2", "n3"};
constexpr std::uint64_t calls_between = 1'000;
/// What a busy machine may cost; the goal is 200 ms (bench/README.md has figures).
constexpr shard_pauses::span pause_bound{5'000};

[[nodiscard]] int rounds() {
  return std::getenv("TROUPE_TEST_LONG") != nullptr ? 5 : 1;
}

[[nodiscard]] std::vector<std::string> flags_of(const std::string& system) {
  return {"--system", system, "--expect", "3", "--move-pause-ms", "500"};
}

void check_afterwards(const node_group& nodes, crowd& clients) {
  clients.check_events();
  INFO(clients.wrong().text());
  CHECK(clients.wrong().count() == 0);
  const auto seen = clients.pauses();
  WARN(clients.calls() << " calls; " << seen.text());
  CHECK(seen.moves > 0);
  CHECK(seen.p99 < pause_bound);
  const auto verified = run_program(
      "troupe", {"verify", nodes.data().string(), "--ledger", clients.ledger().string()}, patience);
  INFO(verified.output);
  CHECK(verified.exit_code == 0);
}

void roll(node_group& nodes, const crowd& clients, const std::string& program) {
  for (const auto& name : three) {
    INFO(name);
    CHECK(clients.does(calls_between));
    nodes.restart(name, program);
  }
  CHECK(clients.does(calls_between));
}

TEST_CASE("a rolling restart fails no request of the taxi system") {
  node_group nodes{flags_of("taxi")};
  nodes.start(three);
  crowd clients{nodes, rides()};
  for (int i = 0; i < rounds(); ++i)
    roll(nodes, clients, "troupe-node");
  check_afterwards(nodes, clients);
}

TEST_CASE("a rolling restart fails no request of the screening system") {
  node_group nodes{flags_of("screening")};
  nodes.start(three);
  crowd clients{nodes, screenings()};
  for (int i = 0; i < rounds(); ++i)
    roll(nodes, clients, "troupe-node");
  clients.end();
  check_screenings(nodes, clients);
  check_afterwards(nodes, clients);
}

/// Builds of the living members, as a client is told.
std::set<std::string> builds(const node_group& nodes) {
  client_options options;
  options.endpoints = nodes.endpoints();
  options.deadline = patience;
  auto through = client::connect(std::move(options));
  REQUIRE(through);
  std::set<std::string> all;
  const auto members = through->nodes().get();
  REQUIRE(members);
  for (const auto& each : *members)
    all.insert(each.build);
  return all;
}

TEST_CASE("a roll from one build to the next fails no request, and both are shown meanwhile") {
  node_group nodes{flags_of("taxi")};
  nodes.start(three);
  crowd clients{nodes, rides()};
  const auto before = builds(nodes);
  REQUIRE(before.size() == 1);
  CHECK(clients.does(calls_between));
  nodes.restart("n1", "troupe-node-next");
  CHECK(clients.does(calls_between));
  const auto mixed = builds(nodes);
  CHECK(mixed.size() == 2);
  const auto status = run_program("troupe", {"status", "--endpoint", nodes.endpoint("n1")});
  INFO(status.output);
  CHECK(status.output.find("+next") != std::string::npos);
  nodes.restart("n2", "troupe-node-next");
  CHECK(clients.does(calls_between));
  nodes.restart("n3", "troupe-node-next");
  CHECK(clients.does(calls_between));
  const auto after = builds(nodes);
  CHECK(after.size() == 1);
  CHECK(after != before);
  check_afterwards(nodes, clients);
}

TEST_CASE("a drained node owns nothing, fails no request, and comes back") {
  node_group nodes{flags_of("screening")};
  nodes.start(three);
  crowd clients{nodes, screenings()};
  for (int i = 0; i < rounds(); ++i) {
    CHECK(clients.does(calls_between));
    nodes.drain("n2");
    CHECK(nodes.spread_over({"n1", "n3"}));
    CHECK(clients.does(calls_between)); // also those who are connected to the drained one
    nodes.restart("n2");
  }
  CHECK(clients.does(calls_between));
  clients.end();
  check_screenings(nodes, clients);
  check_afterwards(nodes, clients);
}

TEST_CASE("two nodes become three and two again, and no request fails") {
  node_group nodes{{"--system", "taxi", "--expect", "2", "--move-pause-ms", "500"}};
  nodes.start({"n1", "n2"});
  crowd clients{nodes, rides()};
  for (int i = 0; i < rounds(); ++i) {
    CHECK(clients.does(calls_between));
    nodes.start({"n3"});
    CHECK(nodes.spread_over(three));
    CHECK(clients.does(calls_between));
    const std::string goes = i % 2 == 0 ? "n1" : "n2"; // the one that planned for all, too
    REQUIRE(nodes.end(goes) == 0);
    const std::string stays = i % 2 == 0 ? "n2" : "n1";
    CHECK(nodes.spread_over({stays, "n3"}));
    CHECK(clients.does(calls_between));
    nodes.start({goes});
    CHECK(nodes.spread_over(three));
    REQUIRE(nodes.end("n3") == 0);
    CHECK(nodes.spread_over({"n1", "n2"}));
  }
  CHECK(clients.does(calls_between));
  check_afterwards(nodes, clients);
}

} // namespace
} // namespace troupe::test
