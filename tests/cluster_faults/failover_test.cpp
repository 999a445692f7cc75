#include "tests/cluster_faults/probed_stage.hpp"

#include <catch2/catch.hpp>

#include <iostream>

/// kill -9 of one node of three, again and again, while clients go on: its shards come back, the
/// others do not notice, and callers see latency only.
namespace troupe::test {
namespace {

constexpr milliseconds slack{2'000}; ///< of a busy machine

struct measured {
  std::vector<milliseconds> again; ///< until a shard of the killed node acknowledged again
  milliseconds others{0};          ///< the slowest answer of any other shard
};

/// Shards of the other nodes stay where they are.
void check_others_stayed(const cluster_view& before, const cluster_view& after,
                         const std::string& victim) {
  for (const auto& each : before.shards) {
    if (each.owner.node == victim) continue;
    INFO(each.which.context << " shard " << each.which.shard.value);
    CHECK(after.find_shard(each.which)->owner == each.owner);
  }
}

/// `seen`: somebody saw the end of the process and said so.
void kill_one(probed_stage& by, std::size_t victim, bool seen, measured& found) {
  by.wait_until_spread();
  const auto lost = by.owned_by(victim);
  REQUIRE_FALSE(lost.empty());
  const auto before = by.cluster().view();
  by.cluster().node(victim).kill();
  const auto killed = probed_stage::now();
  if (seen) by.cluster().end_lease(victim);
  const bool back =
      eventually([&] { return by.probes().first_answers(lost, killed).size() == lost.size(); });
  INFO(listed(by.probes().problems()) << '\n' << by.cluster().logs());
  REQUIRE(back);
  check_others_stayed(before, by.cluster().view(), by.cluster().node(victim).name());
  found.others = std::max(found.others, by.probes().slowest(by.all_but(lost), killed));
  for (const auto each : by.probes().first_answers(lost, killed))
    found.again.push_back(each);
  by.cluster().start();
}

void check_failover(bool seen) {
  probed_stage by;
  measured found;
  const int times = rounds(3, 100);
  for (int i = 0; i < times; ++i)
    kill_one(by, static_cast<std::size_t>(i) % by.cluster().size(), seen, found);
  const auto lease = by.cluster().plan().lease;
  by.end();
  std::cout << "killed " << times << " nodes " << (seen ? "before a witness" : "unseen")
            << ", lease " << lease.count()
            << " ms; until their shards acknowledged again: " << distribution(found.again)
            << "; slowest answer of others: " << found.others.count() << " ms\n";
  const milliseconds within = (seen ? milliseconds{0} : lease) + milliseconds{1'000};
  for (const auto each : found.again)
    CHECK(each <= within + slack);
  CHECK(found.others <= slack);
}

TEST_CASE("shards of a killed node are served again soon after its lease ended") {
  check_failover(false);
}

TEST_CASE("shards of a killed node are served again at once where somebody saw the process end") {
  check_failover(true);
}

} // namespace
} // namespace troupe::test
