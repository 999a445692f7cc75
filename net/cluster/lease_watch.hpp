#pragma once

#include "net/cluster/timing.hpp"
#include "persistence/lease_store.hpp"
#include "seams/clock.hpp"

#include <cstdint>
#include <map>

namespace troupe {

/// Judges the leases of others by this node's own clock: over if the beats stood still for `lease`,
/// or if somebody ended it. Only a reading of the store proves anything, and between two readings
/// at most half a lease counts: a watcher that was paused itself saw nothing meanwhile, and must
/// not take its own absence for that of others.
class lease_watch {
public:
  explicit lease_watch(const cluster_timing& timing) : lease_(timing.lease) {}

  /// A reading that began at `now`.
  void saw(const cluster_view& view, monotonic_time now);
  /// As of the last reading. Unknown members have expired.
  [[nodiscard]] bool expired(const member_key& who) const;
  /// When a reading would show the next lease to be over; `monotonic_time::max()`: none is watched.
  [[nodiscard]] monotonic_time next_expiry(const member_key& except) const;

private:
  struct watched {
    std::uint64_t beats = 0;
    std::chrono::nanoseconds still{0}; ///< so long they have not grown
    bool ended = false;
  };

  std::chrono::nanoseconds lease_;
  std::map<member_key, watched> leases_; ///< of the members that are not dead
  monotonic_time last_;
};

} // namespace troupe
