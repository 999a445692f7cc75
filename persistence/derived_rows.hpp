#pragma once

#include "persistence/derived_store.hpp"
#include "persistence/list_plan.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace troupe {

/// What both engines' derived stores share; private to this folder.

/// What list requests call an aggregate's id.
inline constexpr std::string_view derived_key_name = "id";
/// Marks dropped by one call of `forget_marks`: well below a millisecond on a busy lane.
inline constexpr std::uint32_t forget_marks_max = 1000;

/// Records whose marks SQLite keeps together and forgets together (sqlite_marks.cpp).
inline constexpr std::uint64_t marks_part_records = 1ULL << 16U;

/// A state is served and decided upon, so a damaged one must not pass; its place is in the seed.
[[nodiscard]] std::int64_t state_checksum(aggregate_id id, std::uint64_t seq, record_index head,
                                          std::string_view state);
[[nodiscard]] inline std::int64_t state_checksum(const state_row& of) {
  return state_checksum(of.id, of.seq, of.head, of.state);
}

/// The row's filter values as their columns hold them; a wrong type is `malformed`, a wrong number
/// of values a programming fault.
[[nodiscard]] result<std::vector<value>> fit_filters(std::span<const column> columns,
                                                     const state_row& row);

} // namespace troupe
