#include "tests/kill/audit.hpp"
#include "tests/kill/load.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <iostream>

/// kill -9 at any moment, again and again, while clients ride on.
namespace troupe::test {
namespace {

constexpr int rides_listed = 9'000; ///< the audit pages through them; lists end at 10,000

TEST_CASE("nothing acknowledged is lost or doubled however often the node is killed") {
  const bool at_length = std::getenv("TROUPE_TEST_LONG") != nullptr;
  const int rounds = at_length ? 500 : 50;
  const char* seeded = std::getenv("TROUPE_TEST_SEED");
  const auto seed = static_cast<std::uint32_t>(seeded != nullptr ? std::atoi(seeded) : 20'201'120);
  INFO("seed " << seed);

  const temp_folder scratch;
  test_node node{scratch.path() / "data", {"--system", "taxi", "--log-level", "warning"}};
  node.start();
  ledger told;
  std::mt19937 dice{seed};
  {
    load::plan how;
    how.seed = seed;
    how.rides = 0;
    load clients{node, told, how};
    for (int round = 0; round < rounds; ++round) {
      clients.allow(rides_listed / rounds);
      // Half of the rounds wait for answers, so that there is something to lose; the others end
      // anywhere, in the middle of a start too.
      if (round % 2 == 0) {
        const auto wanted = clients.answers() + 1 + dice() % 40;
        REQUIRE(eventually([&] { return clients.answers() >= wanted; }));
      }
      const auto until =
          std::chrono::steady_clock::now() + std::chrono::microseconds{dice() % 300'000};
      REQUIRE(eventually([&] { return std::chrono::steady_clock::now() >= until; }));
      REQUIRE(node.running());
      node.kill();
      node.start();
    }
    clients.end();
  }
  CHECK(told.unknown_count() == 0);
  CHECK(told.size() > static_cast<std::size_t>(rounds) * 5);
  const auto found = audit_taxi(node, told);
  std::cout << "killed " << rounds << " times: " << told.size() << " acknowledgements, "
            << found.calls << " calls, " << found.records << " records checked\n";
  INFO(found.text());
  INFO(node.log());
  CHECK(found.findings.empty());
}

} // namespace
} // namespace troupe::test
