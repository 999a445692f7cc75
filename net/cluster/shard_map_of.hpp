#pragma once

#include "messages/shard_map.hpp"
#include "persistence/lease_store.hpp"

#include <set>

namespace troupe {

/// What clients and other nodes are told of a view: its version, the members in `live` that are not
/// dead, and for every shard of every context its epoch and, if it is among those, its owner.
[[nodiscard]] shard_map shard_map_of(const cluster_view& view, const std::set<member_key>& live);

} // namespace troupe
