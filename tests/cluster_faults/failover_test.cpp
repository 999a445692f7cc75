#include "tests/cluster_faults/shard_probes.hpp"
#include "tests/cluster_faults/stage.hpp"

#include <catch2/catch.hpp>

#include <iostream>
#include <optional>

/// kill -9 of one node of three, again and again, while clients go on: its shards come back, the
/// others do not notice, and callers see latency only.
namespace troupe::test {
namespace {

constexpr milliseconds caller_patience{10'000};
constexpr milliseconds slack{2'000}; ///< of a busy machine

struct measured {
  std::vector<milliseconds> again; ///< until a shard of the killed node acknowledged again
  milliseconds others{0};          ///< the slowest answer of any other shard
};

class failover {
public:
  failover() {
    on_.cluster().start();
    client_options options = on_.cluster().client_of_all(caller_patience);
    options.attempts_max = 10;
    probes_.emplace(std::move(options), on_.new_ledger(), shard_probes::plan{});
  }

  void round(std::size_t victim, bool seen) {
    auto& cluster = on_.cluster();
    REQUIRE(eventually([&] { return cluster.spread(); }));
    const auto all = probes_->shards();
    const bool answered =
        eventually([&, since = now()] { return probes_->all_answer(all, since); });
    INFO(listed(probes_->problems()));
    REQUIRE(answered);
    std::set<shard_ref> lost;
    for (const auto& [which, owner] : cluster.owners())
      if (owner == victim && all.count(which) > 0) lost.insert(which);
    REQUIRE_FALSE(lost.empty());
    std::set<shard_ref> others;
    for (const auto& each : all)
      if (lost.count(each) == 0) others.insert(each);
    cluster.node(victim).kill();
    const auto killed = now();
    if (seen) cluster.end_lease(victim);
    REQUIRE(eventually([&] { return probes_->first_answers(lost, killed).size() == lost.size(); }));
    found_.others = std::max(found_.others, probes_->slowest(others, killed));
    for (const auto each : probes_->first_answers(lost, killed))
      found_.again.push_back(each);
    cluster.start();
  }

  [[nodiscard]] measured end() {
    probes_->end();
    for (const auto& each : probes_->problems())
      FAIL_CHECK(each);
    CHECK(on_.proof() == "");
    return found_;
  }
  [[nodiscard]] milliseconds lease() { return on_.cluster().plan().lease; }

private:
  [[nodiscard]] static monotonic_time now() { return real_clock().monotonic(); }

  stage on_;
  std::optional<shard_probes> probes_;
  measured found_;
};

void check_failover(bool seen) {
  failover tried;
  const int times = rounds(3, 100);
  for (int i = 0; i < times; ++i)
    tried.round(static_cast<std::size_t>(i) % 3, seen);
  const auto found = tried.end();
  std::cout << "killed " << times << " nodes " << (seen ? "before a witness" : "unseen")
            << ", lease " << tried.lease().count()
            << " ms; until their shards acknowledged again: " << distribution(found.again)
            << "; slowest answer of others: " << found.others.count() << " ms\n";
  const milliseconds within = (seen ? milliseconds{0} : tried.lease()) + milliseconds{1'000};
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
