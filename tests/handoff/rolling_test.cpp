#include "tests/handoff/stories.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

/// Rolling restarts of three nodes while clients work: not one request may fail.
namespace troupe::test {
namespace {

const std::vector<std::string> three{"n1", "n2", "n3"};
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

} // namespace
} // namespace troupe::test
