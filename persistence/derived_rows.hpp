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

/// The row's filter values as their columns hold them; a wrong type is `malformed`, a wrong number
/// of values a programming fault.
[[nodiscard]] result<std::vector<value>> fit_filters(std::span<const column> columns,
                                                     const state_row& row);

} // namespace troupe
