#pragma once

#include "messages/row_change.hpp"
#include "messages/value.hpp"
#include "persistence/list_plan.hpp"

#include <cstddef>
#include <optional>
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

/// A change with its columns by position and its values as the columns hold them.
struct fitted_change {
  std::vector<fitted_cell> cells; ///< in the order of the columns
  struct condition {
    std::size_t column;
    std::vector<value> one_of;
  };
  std::optional<condition> where;
};

/// `malformed` if it names an unknown column, sets one column twice, has a value of the wrong type,
/// or a condition although it is no update.
[[nodiscard]] result<fitted_change> fit_change(std::span<const column> columns,
                                               const row_change& change);
/// Whether the condition, if there is one, holds for a row; one value per column, in their order.
[[nodiscard]] bool holds(const std::optional<fitted_change::condition>& where,
                         std::span<const value> row);

/// A row as the msgpack map that readers get; one value per column, in their order.
[[nodiscard]] std::string encode_row(std::span<const column> columns, std::span<const value> row);

} // namespace troupe
