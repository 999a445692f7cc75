#include "bin/serving_node.hpp"
#include "tests/cluster_faults/journal_visit.hpp"
#include "tests/cluster_faults/probed_stage.hpp"

#include <catch2/catch.hpp>

/// An owner that stands still and comes back when its shards are somebody else's.
namespace troupe::test {
namespace {

struct paused_owner {
  std::set<shard_ref> lost;
  std::map<shard_ref, std::uint64_t> epochs;  ///< of its ownership
  std::map<shard_ref, std::uint64_t> records; ///< it had committed when it was stopped
  monotonic_time stopped;
};

std::uint64_t records_of(probed_stage& by, const shard_ref& which, std::uint64_t epoch) {
  return records_by_epoch(by.cluster().data(), which)[epoch];
}

paused_owner pause(probed_stage& by, std::size_t victim) {
  by.wait_until_spread();
  paused_owner was;
  was.lost = by.owned_by(victim);
  REQUIRE_FALSE(was.lost.empty());
  for (const auto& each : by.cluster().view().shards)
    if (was.lost.count(each.which) > 0) was.epochs[each.which] = each.epoch.value;
  by.cluster().node(victim).pause();
  was.stopped = probed_stage::now();
  return was;
}

/// Waits until the store says that others own what it had.
void wait_for_heirs(probed_stage& by, std::size_t victim, paused_owner& was) {
  const bool taken = eventually([&] {
    for (const auto& each : by.cluster().view().shards)
      if (was.lost.count(each.which) > 0 && each.epoch.value <= was.epochs.at(each.which))
        return false;
    return by.owned_by(victim).empty();
  });
  INFO(by.cluster().logs());
  REQUIRE(taken);
  for (const auto& each : was.lost)
    was.records[each] = records_of(by, each, was.epochs.at(each));
}

void check_silent_since(probed_stage& by, const paused_owner& was, monotonic_time resumed) {
  for (const auto& each : by.probes().answers()) {
    if (was.lost.count(each.which) == 0 || each.answered < resumed || !each.problem.empty())
      continue;
    INFO(each.which.context << " shard " << each.which.shard.value);
    CHECK(each.epoch > was.epochs.at(each.which));
  }
  for (const auto& each : was.lost) {
    INFO(each.context << " shard " << each.shard.value);
    CHECK(records_of(by, each, was.epochs.at(each)) == was.records.at(each));
  }
}

TEST_CASE("an owner that wakes up after its lease commits nothing, answers nothing and ends") {
  probed_stage by;
  const int times = rounds(1, 30);
  for (int i = 0; i < times; ++i) {
    const std::size_t victim = static_cast<std::size_t>(i) % by.cluster().size();
    auto& node = by.cluster().node(victim);
    auto was = pause(by, victim);
    wait_for_heirs(by, victim, was);
    // The stopped process has the files still, so nobody can have opened them.
    CHECK(by.probes().first_answers(was.lost, was.stopped).empty());
    const bool waits =
        eventually([&] { return by.cluster().logs().find(" waits: ") != std::string::npos; });
    INFO(by.cluster().logs());
    CHECK(waits);
    const auto resumed = probed_stage::now();
    node.resume();
    CHECK(node.wait_end() == exit_lease_lost);
    by.wait_until_served("after the stale owner ended");
    check_silent_since(by, was, resumed);
    by.cluster().start();
  }
  by.end();
}

TEST_CASE("a stopped owner that is killed frees its shards without being woken up") {
  probed_stage by;
  auto was = pause(by, 1);
  wait_for_heirs(by, 1, was);
  by.cluster().node(1).kill();
  by.wait_until_served("after the stopped owner was killed");
  check_silent_since(by, was, was.stopped + by.cluster().plan().lease);
  by.cluster().start();
  by.wait_until_spread();
  // The launcher's way: nobody waits for the lease of a process that hangs.
  was = pause(by, 2);
  by.cluster().node(2).kill();
  by.cluster().end_lease(2);
  by.wait_until_served("after a hanging owner was killed and its lease ended");
  by.end();
}

TEST_CASE("an owner that stands still for less than its lease keeps its shards") {
  probed_stage by;
  by.wait_until_spread();
  const auto before = by.cluster().view();
  const auto length = by.cluster().plan().lease / 4;
  for (std::size_t victim = 0; victim < by.cluster().size(); ++victim) {
    by.cluster().node(victim).pause();
    const auto until = probed_stage::now() + length;
    REQUIRE(eventually([&] { return probed_stage::now() >= until; }));
    by.cluster().node(victim).resume();
    by.wait_until_served("after a pause");
    CHECK(by.cluster().node(victim).running());
  }
  const auto after = by.cluster().view();
  CHECK(after.shards == before.shards);
  CHECK(after.members == before.members);
  by.end();
}

} // namespace
} // namespace troupe::test
