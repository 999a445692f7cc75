#pragma once

#include "persistence/lease_store.hpp"

namespace troupe {

/// What the changes of a lease store do and what they may not do: pure functions of what stood
/// there before, the same for every engine. Private to this folder.

/// Applies `what` in the order of its rows and adds one to the version. `malformed`, naming the
/// row, if one breaks a rule; `to` is then as it was.
[[nodiscard]] result<void> apply_change(const cluster_change& what, cluster_view& to);
/// False if there is nothing to end: no such lease, or it has ended.
[[nodiscard]] bool apply_end_of_lease(const member_key& who, cluster_view& to);
/// False if nothing changes: it is so already, or one of the two is dead or unknown, as happens
/// when a vote crosses a burial.
[[nodiscard]] bool apply_vote(const vote_row& of, bool suspected, cluster_view& to);
/// The answer to a renewal by a member without a lease that stands.
[[nodiscard]] error no_lease(const member_key& who);

} // namespace troupe
