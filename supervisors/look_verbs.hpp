#pragma once

#include "messages/value.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// What the shards of a node say to `top`, as one: the first `limit` of them all, in the order that
/// they say in `by`; sums of what they have and did, the longest of their windows.
[[nodiscard]] value merge_top(std::vector<value> said, std::size_t limit);
/// What `shards` say, each one item, together with the items of those that do not run; by context
/// and number.
[[nodiscard]] value merge_shards(std::vector<value> said, std::vector<value> absent);
/// The items of several answers, one after the other.
[[nodiscard]] value merge_items(std::vector<value> said);

} // namespace troupe
