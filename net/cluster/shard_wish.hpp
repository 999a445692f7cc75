#pragma once

#include "persistence/lease_store.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Takes an operator's choice back: the shard may be moved for balance again.
inline constexpr std::string_view any_node = "any";

/// The row to write so that a shard goes to the node that an operator wants and stays there; an
/// unchanged one where there is nothing to write. `live`: members whose leases stand. Pure.
///
/// Errors: `unknown_context`, `malformed` (no such shard), `not_found` (no such node),
/// `context_down` (nobody has it at the moment), and `rejected` with the reason `ALONE`,
/// `NOT_ACTIVE`, `NOT_HOSTED`, `ALREADY_THERE` or `MOVING`.
[[nodiscard]] result<shard_row> wished_row(const cluster_view& view,
                                           const std::vector<member_key>& live,
                                           const shard_ref& which, const std::string& to);

} // namespace troupe
