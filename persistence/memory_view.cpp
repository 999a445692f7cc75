#include "persistence/memory_view.hpp"

#include "persistence/view_rows.hpp"

namespace troupe {

void memory_view_data::reset(std::vector<column> columns, std::string key_name) {
  key = std::move(key_name);
  rows = memory_index{std::move(columns)};
  positions.clear();
}

result<std::vector<source_position>> memory_view::positions() {
  std::vector<source_position> all;
  for (const auto& [source, next] : data_->positions)
    all.push_back({source.first, source.second, next});
  return all;
}

result<void> memory_view::apply(std::span<const row_change> changes,
                                std::span<const source_position> positions) {
  std::vector<std::vector<fitted_cell>> cells;
  cells.reserve(changes.size());
  for (const row_change& change : changes) { // all before the first: a refused one changes nothing
    auto fitted = fit_cells(data_->rows.columns(), change);
    if (!fitted) return fitted.error();
    cells.push_back(std::move(fitted).value());
  }
  for (std::size_t i = 0; i < changes.size(); ++i)
    apply_one(changes[i], cells[i]);
  for (const source_position& position : positions)
    data_->positions[{position.context, position.shard}] = position.next;
  return {};
}

void memory_view::apply_one(const row_change& change, const std::vector<fitted_cell>& cells) {
  if (change.what == row_change::effect::erase) return data_->rows.erase(change.key);
  const std::vector<value>* const before = data_->rows.find(change.key);
  if (before == nullptr && change.what == row_change::effect::update) return;
  std::vector<value> row =
      before != nullptr ? *before : std::vector<value>(data_->rows.columns().size());
  for (const fitted_cell& cell : cells)
    row[cell.column] = cell.held;
  data_->rows.put(change.key, std::move(row));
}

result<std::optional<std::string>> memory_view::get(std::int64_t key) {
  const std::vector<value>* const row = data_->rows.find(key);
  if (row == nullptr) return std::optional<std::string>{};
  return std::optional<std::string>{encode_row(data_->rows.columns(), *row)};
}

result<list_page> memory_view::list(const list_request& wanted) {
  const auto plan = plan_list(data_->rows.columns(), data_->key, wanted);
  if (!plan) return plan.error();
  const memory_index::page found = data_->rows.list(*plan);
  list_page page{found.total, {}};
  for (const std::int64_t key : found.keys)
    page.rows.emplace_back(aggregate_id{key},
                           encode_row(data_->rows.columns(), *data_->rows.find(key)));
  return page;
}

result<void> memory_view::clear() {
  data_->rows.clear();
  data_->positions.clear();
  return {};
}

} // namespace troupe
