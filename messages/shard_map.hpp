#pragma once

#include "messages/ids.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Names a shard of any context.
struct shard_ref {
  std::string context;
  shard_number shard;
  auto operator<=>(const shard_ref&) const = default;
};

/// A node as the shard map tells of it.
struct map_member {
  std::string node;
  std::uint64_t generation = 0; ///< of this life of the node; a restart is a new one
  std::string endpoint;         ///< where clients reach it
  std::string build;
  std::string state; ///< joining, active or leaving
  bool operator==(const map_member&) const = default;
};

struct map_owner {
  static constexpr std::uint32_t nobody = ~std::uint32_t{0};
  std::uint32_t member = nobody; ///< position in `shard_map::members`
  epoch_number epoch;
  bool operator==(const map_owner&) const = default;
};

/// Who owns which shard, as of one version of the cluster. Versions of one cluster only grow; a map
/// of a higher version replaces one of a lower. Version 0: the node is alone and owns everything.
struct shard_map {
  std::uint64_t version = 0;
  std::vector<map_member> members;                                     ///< those that live
  std::map<std::string, std::vector<map_owner>, std::less<>> contexts; ///< by name; one per shard

  /// Null if the map does not know the context or shard, or nobody owns it at the moment.
  [[nodiscard]] const map_member* owner_of(std::string_view context, shard_number shard) const;
  /// 0 if the map does not know it or nobody ever owned it.
  [[nodiscard]] epoch_number epoch_of(std::string_view context, shard_number shard) const;
  /// 0 if the map does not know it.
  [[nodiscard]] std::uint32_t shards_of(std::string_view context) const;
  bool operator==(const shard_map&) const = default;
};

} // namespace troupe
