#include "tests/cluster_faults/move_watch.hpp"
#include "tests/cluster_faults/probed_stage.hpp"
#include "tests/cluster_faults/taxi_rides.hpp"
#include "tests/support/network.hpp"

#include <catch2/catch.hpp>

#include <iostream>
#include <optional>

/// Nodes in networks of their own that fail: whoever is cut off from the group that serves loses
/// its shards to it, nobody owns what another one owns, and everything comes back by itself.
namespace troupe::test {
namespace {

constexpr std::size_t nodes = 3;
constexpr std::size_t clients_place = nodes;

bool skipped() {
  static const auto why = network::why_not();
  if (why) std::cout << "skipped: no networks can be made here (" << *why << ")\n";
  return why.has_value();
}

cluster_plan in_places_of(const network& net) {
  cluster_plan how;
  how.nodes = nodes;
  for (std::size_t place = 0; place < nodes; ++place) {
    node_identity who;
    who.address = net.address(place);
    who.inside = net.inside(place);
    who.inside.insert(who.inside.begin(), "/usr/bin/env"); // finds `ip`, and becomes it
    how.places.push_back(std::move(who));
  }
  how.at_clients = [&net](const std::function<void()>& work) {
    net.run_inside(clients_place, work);
  };
  return how;
}

/// A cluster whose nodes and clients are in places of a network, under probes and rides.
class parted_cluster {
public:
  parted_cluster() : net_(nodes + 1), by_(in_places_of(net_)) {
    by_.wait_until_spread();
    rides_.emplace(by_.on());
    rides_->go_on(10, "before the fault");
    moves_.emplace(cluster().data());
  }
  [[nodiscard]] network& net() { return net_; }
  [[nodiscard]] probed_stage& by() { return by_; }
  [[nodiscard]] test_cluster& cluster() { return by_.cluster(); }
  [[nodiscard]] taxi_rides& rides() { return *rides_; }

  void wait_until_evacuated(std::size_t place) {
    const bool empty = eventually([&] {
      for (const auto& [which, owner] : cluster().owners())
        if (owner == place) return false;
      return true;
    });
    INFO(cluster().logs());
    REQUIRE(empty);
  }
  [[nodiscard]] std::size_t moves() const { return moves_->moves(); }

  /// All is healed: it serves everything by itself, evenly, and nothing is lost or doubled.
  void check_recovery() {
    by_.wait_until_spread();
    rides_->go_on(10, "after all was healed");
    by_.probes().end();
    const auto problems = by_.probes().problems();
    INFO(listed(problems));
    CHECK(problems.empty());
    // As the nodes see it; the watch sees each change a little later.
    const auto hasty = moves_->faster_than(cluster().plan().move_pause - milliseconds{500});
    INFO(listed(hasty) << '\n' << cluster().logs());
    CHECK(hasty.empty());
    rides_->check();
    for (std::size_t place = 0; place < nodes; ++place)
      CHECK(cluster().node(place).log().find("this node ends") == std::string::npos);
  }

private:
  network net_;
  probed_stage by_;
  std::optional<taxi_rides> rides_;
  std::optional<move_watch> moves_;
};

// An ask or a void of a caller outside may stay open for longer than the test waits ("n1 has open
// promises"); until that is explained these two may fail.
TEST_CASE("a node that nobody reaches loses its shards to those who are reached") {
  if (skipped()) return;
  parted_cluster all;
  for (int i = 0; i < rounds(1, 5); ++i) {
    const std::size_t place = (1 + static_cast<std::size_t>(i)) % nodes;
    all.net().cut(place);
    const auto cut = probed_stage::now();
    all.wait_until_evacuated(place);
    const auto took = std::chrono::duration_cast<milliseconds>(probed_stage::now() - cut);
    std::cout << "cut off: empty after " << took.count() << " ms\n";
    all.by().wait_until_served("while a node is cut off");
    all.rides().go_on(10, "while a node is cut off");
    all.net().heal(place);
    all.by().wait_until_spread();
  }
  all.check_recovery();
}

TEST_CASE("two nodes that reach each other one way only are not both in the group") {
  if (skipped()) return;
  parted_cluster all;
  for (int i = 0; i < rounds(1, 5); ++i) {
    all.net().cut_one_way(1, 0);
    all.wait_until_evacuated(1);
    all.by().wait_until_served("while packets are lost one way");
    all.rides().go_on(10, "while packets are lost one way");
    all.net().heal_one_way(1, 0);
    all.by().wait_until_spread();
  }
  all.check_recovery();
}

TEST_CASE("of two nodes that only a third one reaches, one serves") {
  if (skipped()) return;
  parted_cluster all;
  for (int i = 0; i < rounds(1, 5); ++i) {
    all.net().cut_between(1, 2);
    all.wait_until_evacuated(2);
    all.by().wait_until_served("while two nodes do not reach each other");
    all.rides().go_on(10, "while two nodes do not reach each other");
    all.net().heal_between(1, 2);
    all.by().wait_until_spread();
  }
  all.check_recovery();
}

TEST_CASE("a flapping link moves shards seldom and loses nothing") {
  if (skipped()) return;
  parted_cluster all;
  constexpr milliseconds phase{1'000};
  for (int i = 0; i < rounds(3, 30); ++i) {
    for (const bool down : {true, false}) {
      down ? all.net().cut(1) : all.net().heal(1);
      const auto until = probed_stage::now() + phase;
      REQUIRE(eventually([&] { return probed_stage::now() >= until; }));
    }
  }
  std::cout << "flapping: " << all.moves() << " moves of 19 shards\n";
  all.check_recovery();
}

} // namespace
} // namespace troupe::test
