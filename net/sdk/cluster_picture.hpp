#pragma once

#include "messages/hello.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// What the hellos of a client's nodes told last; a value for the threads of its users.
struct cluster_picture {
  std::vector<served_context> contexts; ///< of the last node that answered
  shard_map map;                        ///< the newest
  std::string endpoint;                 ///< of the last node that answered
};

/// How many shards a context has; 0 if neither tells.
[[nodiscard]] std::uint32_t shards_of(std::string_view context, const shard_map& map,
                                      const std::vector<served_context>& contexts);

/// By position of the member in the map; without a value if it did not answer.
using contexts_of_members = std::vector<std::optional<std::vector<served_context>>>;

/// The contexts of a cluster from what its members say of their shares. A context is up if all its
/// shards have owners and all of them answered and say so; `waiting` is the first of theirs that is
/// not empty. A context that the map does not know is as the first member that names it says.
[[nodiscard]] std::vector<served_context> merge_contexts(const shard_map& map,
                                                         const contexts_of_members& said);

} // namespace troupe
