#pragma once

#include "persistence/lease_store.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cli {

/// A node's standing in the cluster.
struct standing {
  member_row member; ///< of its newest generation
  std::uint32_t owns = 0;
  std::uint32_t gives = 0; ///< of those, being handed over to somebody
  std::uint32_t takes = 0; ///< of others', being handed over to it
};

/// Who owns what, as a launcher and its operator look at it.
struct ownership {
  std::map<std::string, standing, std::less<>> nodes;
  std::uint32_t shards = 0;
  std::uint32_t without_owner = 0; ///< also those whose owner is dead or whose lease was ended
  std::uint32_t moving = 0;
};

[[nodiscard]] ownership ownership_of(const cluster_view& view);

/// The newest generation of a node that is not dead; nothing if there is none.
[[nodiscard]] std::optional<member_key> living_member(const cluster_view& view,
                                                      std::string_view node);

/// Whether there is a lease store in the directory.
[[nodiscard]] bool has_lease_store(const std::filesystem::path& directory);

} // namespace troupe::cli
