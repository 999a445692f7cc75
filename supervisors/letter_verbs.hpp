#pragma once

#include "messages/value.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace troupe {

/// Whom an admin verb that shards answer is for.
enum class verb_reach : std::uint8_t {
  none,      ///< it is no such verb
  aggregate, ///< the shard of one aggregate
  letter,    ///< whichever shard has that dead letter
  record,    ///< the shard of a record, of an aggregate, or whichever has that command
  own,       ///< the shards of this node: whoever wants them all asks every node
  all        ///< all shards: a listing
};
[[nodiscard]] verb_reach reach_of(std::string_view verb);

/// The shards' pages of dead letters as one: by time and id, at most that many, with their sum.
[[nodiscard]] value merge_letters(std::vector<value> said, std::size_t most);

} // namespace troupe
