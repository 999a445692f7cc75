#pragma once

#include "messages/error.hpp"
#include "messages/ids.hpp"
#include "messages/value.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// One aggregate or view row of a list: its id and its fields as they are stored.
struct list_row {
  aggregate_id id;
  std::string state; ///< msgpack map
};

/// Payload of the answer to a list request: the wanted part of one shard's matches, in order.
struct list_reply {
  std::uint64_t total = 0; ///< of all matches in the shard
  std::vector<list_row> rows;
};

[[nodiscard]] std::string encode_list_reply(const list_reply& from);
[[nodiscard]] result<list_reply> decode_list_reply(std::string_view payload);

/// The order of lists, the same at every shard and at whoever merges shards: nil, then false, true,
/// then numbers by size, then texts by bytes; arrays and maps come last and are all equal.
/// Rows with equal sort fields are ordered by id, ascending, also when the list is descending.
[[nodiscard]] std::weak_ordering compare_for_list(const value& left, const value& right);

} // namespace troupe
