#pragma once

#include "net/cluster/timing.hpp"
#include "persistence/lease_store.hpp"
#include "seams/clock.hpp"

#include <map>
#include <optional>
#include <set>
#include <vector>

namespace troupe {

/// Which members are cut off from the group that serves, as the votes tell it. A vote counts once
/// it stood for `suspect_for` by this node's own clock; a member that younger ones would put back
/// into the group is not evacuated yet. Of groups of the same size the one that serves already goes
/// on. Who was evacuated comes back only after `move_pause` inside the group, so that a flapping
/// link does not move shards to and fro.
class evacuation {
public:
  explicit evacuation(const cluster_timing& timing) : timing_(timing) {}

  void saw(const std::vector<vote_row>& votes, monotonic_time now);
  /// Judges anew who is outside, of the members that live.
  const std::set<member_key>& judge(const std::vector<member_key>& live, monotonic_time now);
  /// When the judgement may change without a new vote, after `now`.
  [[nodiscard]] monotonic_time changes_after(monotonic_time now) const;

private:
  [[nodiscard]] std::set<member_key> kept_or(std::set<member_key> found,
                                             const std::vector<member_key>& live,
                                             const std::vector<vote_row>& standing) const;

  cluster_timing timing_;
  std::map<vote_row, monotonic_time> since_; ///< votes, and when they were first seen
  std::set<member_key> group_;               ///< that serves, by the last judgement
  /// Evacuated members, and since when they have been in the group again.
  std::map<member_key, std::optional<monotonic_time>> outside_;
  std::set<member_key> evacuated_;
};

} // namespace troupe
