#include "net/cluster/lease_watch.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

void lease_watch::saw(const cluster_view& view, monotonic_time now) {
  const auto passed = std::clamp<std::chrono::nanoseconds>(now - last_, {}, lease_ / 2);
  last_ = std::max(last_, now);
  std::map<member_key, watched> seen;
  for (const member_row& member : view.members)
    if (member.state != member_state::dead) seen.try_emplace(member.who);
  for (const lease_row& lease : view.leases) {
    const auto at = seen.find(lease.who);
    if (at == seen.end()) continue;
    at->second.beats = lease.beats;
    at->second.ended = lease.ended;
  }
  for (auto& [who, lease] : seen) {
    const auto before = leases_.find(who);
    if (before != leases_.end() && before->second.beats == lease.beats)
      lease.still = before->second.still + passed;
  }
  leases_ = std::move(seen);
}

bool lease_watch::expired(const member_key& who) const {
  const auto at = leases_.find(who);
  return at == leases_.end() || at->second.ended || at->second.still >= lease_;
}

monotonic_time lease_watch::next_expiry(const member_key& except) const {
  auto next = monotonic_time::max();
  for (const auto& [who, lease] : leases_)
    if (who != except && !lease.ended && lease.still < lease_)
      next = std::min(next, last_ + (lease_ - lease.still));
  return next;
}

} // namespace troupe
