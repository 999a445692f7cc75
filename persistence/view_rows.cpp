#include "persistence/view_rows.hpp"

#include "messages/codec.hpp"

#include <algorithm>

namespace troupe {

result<std::vector<fitted_cell>> fit_cells(std::span<const column> columns,
                                           const row_change& change) {
  std::vector<fitted_cell> cells;
  cells.reserve(change.columns.size());
  for (const auto& [name, wanted] : change.columns) {
    const auto found = find_column(columns, name);
    if (!found) return fail(errc::malformed, "the view has no column '" + name + "'");
    auto fitting = fit(columns[*found], wanted);
    if (!fitting) return fitting.error();
    cells.push_back({*found, std::move(fitting).value()});
  }
  // In one order, so that the same columns are the same SQL however a view lists them.
  std::sort(cells.begin(), cells.end(), [](const fitted_cell& left, const fitted_cell& right) {
    return left.column < right.column;
  });
  for (std::size_t i = 1; i < cells.size(); ++i)
    if (cells[i].column == cells[i - 1].column)
      return fail(errc::malformed,
                  "a change sets column '" + columns[cells[i].column].name + "' twice");
  return cells;
}

std::string encode_row(std::span<const column> columns, std::span<const value> row) {
  std::string bytes;
  writer out{bytes};
  out.map(static_cast<std::uint32_t>(columns.size()));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out.text(columns[i].name);
    out.dynamic(row[i]);
  }
  return bytes;
}

} // namespace troupe
