#include "persistence/view_rows.hpp"

#include "messages/codec.hpp"

#include <algorithm>

namespace troupe {

namespace {

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

result<fitted_change::condition> fit_condition(std::span<const column> columns,
                                               const row_change& change) {
  if (change.what != row_change::effect::update)
    return fail(errc::malformed, "only an update of a view's row can have a condition");
  const auto found = find_column(columns, change.where->column);
  if (!found) return fail(errc::malformed, "the view has no column '" + change.where->column + "'");
  fitted_change::condition where{*found, {}};
  for (const value& wanted : change.where->one_of) {
    auto fitting = fit(columns[*found], wanted);
    if (!fitting) return fitting.error();
    where.one_of.push_back(std::move(fitting).value());
  }
  return where;
}

} // namespace

result<fitted_change> fit_change(std::span<const column> columns, const row_change& change) {
  auto cells = fit_cells(columns, change);
  if (!cells) return cells.error();
  fitted_change fitted{std::move(cells).value(), {}};
  if (!change.where) return fitted;
  auto where = fit_condition(columns, change);
  if (!where) return where.error();
  fitted.where = std::move(where).value();
  return fitted;
}

bool holds(const std::optional<fitted_change::condition>& where, std::span<const value> row) {
  if (!where) return true;
  const auto& one_of = where->one_of;
  return std::find(one_of.begin(), one_of.end(), row[where->column]) != one_of.end();
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
