#include "tests/cluster_faults/probed_stage.hpp"

#include <utility>

namespace troupe::test {
namespace {

constexpr milliseconds caller_patience{10'000};
constexpr std::uint32_t sends_max = 10;

} // namespace

probed_stage::probed_stage(cluster_plan how) : on_(std::move(how)) {
  cluster().start();
  auto options = cluster().client_of_all(caller_patience);
  options.attempts_max = sends_max;
  cluster().at_clients(
      [&] { probes_.emplace(std::move(options), on_.new_ledger(), shard_probes::plan{}); });
}

void probed_stage::wait_until_spread() {
  const bool even = eventually([&] { return cluster().spread(); });
  INFO(cluster().logs());
  REQUIRE(even);
  wait_until_served("when all is even");
}

void probed_stage::wait_until_served(const std::string& when) {
  const auto since = now();
  const bool served = eventually([&] { return probes().all_answer(probes().shards(), since); });
  INFO(when << ": " << listed(probes().problems()) << '\n' << cluster().logs());
  REQUIRE(served);
}

std::set<shard_ref> probed_stage::owned_by(std::size_t place) {
  const auto probed = probes().shards();
  std::set<shard_ref> some;
  for (const auto& [which, owner] : cluster().owners())
    if (owner == place && probed.count(which) > 0) some.insert(which);
  return some;
}

std::set<shard_ref> probed_stage::all_but(const std::set<shard_ref>& some) const {
  auto rest = probes_->shards();
  for (const auto& each : some)
    rest.erase(each);
  return rest;
}

void probed_stage::end() {
  probes().end();
  const auto problems = probes().problems();
  INFO(listed(problems));
  CHECK(problems.empty());
  CHECK(on_.proof() == "");
}

} // namespace troupe::test
