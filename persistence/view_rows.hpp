#pragma once

#include "messages/row_change.hpp"
#include "messages/value.hpp"
#include "persistence/list_plan.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace troupe {

/// What both engines' view stores share; private to this folder.

/// One column of a change, as the column holds it.
struct fitted_cell {
  std::size_t column;
  value held;
};

/// The columns a change sets, by position; `malformed` if it names an unknown column, one column
/// twice, or a value of the wrong type.
[[nodiscard]] result<std::vector<fitted_cell>> fit_cells(std::span<const column> columns,
                                                         const row_change& change);

/// A row as the msgpack map that readers get; one value per column, in their order.
[[nodiscard]] std::string encode_row(std::span<const column> columns, std::span<const value> row);

} // namespace troupe
