#pragma once

#include "net/cluster/timing.hpp"
#include "persistence/lease_store.hpp"

#include <functional>
#include <set>
#include <vector>

namespace troupe {

/// Who is there, as the one who plans sees it.
struct member_facts {
  std::set<member_key> live; ///< their leases stand
  std::set<member_key>
      evacuated; ///< live, but cut off from the group that serves (see `serving_group`)
  /// Shards whose owner changed less than `move_pause` ago: moved again only if they must be.
  std::function<bool(const shard_ref&)> pinned;
};

/// The rows to write so that every shard has an owner that lives and may host it, spread evenly,
/// with as few moves as possible. Empty: all is as it should be. A pure function of its arguments:
/// whoever asks gets the same plan.
///
/// - A shard without a live owner goes, epoch + 1, to its target if it has one; else to the live
///   active member that hosts its context and has the fewest shards of that context, then the
///   fewest of all, then the lowest name. Evacuated members only get what nobody else can host.
///   Nobody can: it stays without an owner. Shards of a context that have no row yet get one with
///   their first owner, epoch 1.
/// - A leaving (or evacuated) owner's shards are marked with a target chosen likewise: `leaving`
///   whatever is pinned, evacuated ones only if they are not.
/// - A shard whose target died or is leaving loses its target.
/// - Only when nothing of that is to be done: shards that are not pinned, and whose place no
///   operator chose (`shard_row::held`, which ends when their owner goes away), move from the
///   fullest to the emptiest member that can host them, until their numbers differ by one at most:
///   first in each context, then of all contexts together as far as that leaves each context even.
/// - At most `moves_at_once` shards have a target at a time.
[[nodiscard]] std::vector<shard_row>
plan_assignment(const cluster_view& view, const member_facts& facts, const cluster_timing& timing);

/// The largest group of members that can all reach each other; of equally large ones the one with
/// the lowest names. A vote of either side cuts a link. `members` are at most 64; sorted.
/// It is the group that serves while links are down: who is outside of it is evacuated.
[[nodiscard]] std::set<member_key> serving_group(const std::vector<member_key>& members,
                                                 const std::vector<vote_row>& votes);

} // namespace troupe
