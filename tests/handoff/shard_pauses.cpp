#include "tests/handoff/shard_pauses.hpp"

#include <algorithm>
#include <iterator>
#include <sstream>

namespace troupe::test {

void shard_pauses::note(const shard_ref& which, epoch_number epoch, time began, time ended) {
  const std::lock_guard lock{guard_};
  slowest_ = std::max(slowest_, span{ended - began});
  auto& of = seen_[which].try_emplace(epoch, ownership{ended, ended}).first->second;
  of.first = std::min(of.first, ended);
  of.last = std::max(of.last, ended);
}

shard_pauses::figures shard_pauses::sum_up() const {
  const std::lock_guard lock{guard_};
  std::vector<span> pauses;
  for (const auto& [which, epochs] : seen_)
    for (auto at = epochs.begin(); at != epochs.end() && std::next(at) != epochs.end(); ++at)
      pauses.push_back(std::max(span{0}, span{std::next(at)->second.first - at->second.last}));
  figures all;
  all.slowest_call = slowest_;
  all.moves = pauses.size();
  if (pauses.empty()) return all;
  std::sort(pauses.begin(), pauses.end());
  const auto at = [&](std::size_t percent) { return pauses[(pauses.size() - 1) * percent / 100]; };
  all.p50 = at(50);
  all.p99 = at(99);
  all.most = pauses.back();
  return all;
}

std::string shard_pauses::figures::text() const {
  std::ostringstream said;
  said << moves << " moves of shards seen; pause p50 " << p50.count() << " ms, p99 " << p99.count()
       << " ms, most " << most.count() << " ms; slowest call " << slowest_call.count() << " ms";
  return said.str();
}

} // namespace troupe::test
