#include "persistence/memory_view.hpp"

#include "persistence/view_rows.hpp"

namespace troupe {

void memory_view_data::reset(std::vector<column> columns, std::string key_name) {
  key = std::move(key_name);
  rows = memory_view_rows{std::move(columns)};
}

result<std::vector<source_position>> memory_view::positions() {
  std::vector<source_position> all;
  for (const auto& [source, next] : written().positions)
    all.push_back({source.first, source.second, next});
  return all;
}

result<void> memory_view::apply(std::span<const row_change> changes,
                                std::span<const source_position> positions) {
  std::vector<fitted_change> all;
  all.reserve(changes.size());
  for (const row_change& change : changes) { // all before the first: a refused one changes nothing
    auto fitted = fit_change(served().columns(), change);
    if (!fitted) return fitted.error();
    all.push_back(std::move(fitted).value());
  }
  for (std::size_t i = 0; i < changes.size(); ++i)
    apply_one(changes[i], all[i]);
  for (const source_position& position : positions)
    written().positions[{position.context, position.shard}] = position.next;
  return {};
}

void memory_view::apply_one(const row_change& change, const fitted_change& fitted) {
  memory_index& rows = written().index;
  if (change.what == row_change::effect::erase) return rows.erase(change.key);
  const std::vector<value>* const before = rows.find(change.key);
  if (change.what == row_change::effect::update &&
      (before == nullptr || !holds(fitted.where, *before)))
    return;
  std::vector<value> row = before != nullptr ? *before : std::vector<value>(rows.columns().size());
  for (const fitted_cell& cell : fitted.cells)
    row[cell.column] = cell.held;
  rows.put(change.key, std::move(row));
}

result<std::optional<std::string>> memory_view::get(std::int64_t key) {
  const std::vector<value>* const row = served().find(key);
  if (row == nullptr) return std::optional<std::string>{};
  return std::optional<std::string>{encode_row(served().columns(), *row)};
}

result<list_page> memory_view::list(const list_request& wanted) {
  const auto plan = plan_list(served().columns(), data_->key, wanted);
  if (!plan) return plan.error();
  const memory_index::page found = served().list(*plan);
  list_page page{found.total, {}};
  for (const std::int64_t key : found.keys)
    page.rows.emplace_back(aggregate_id{key}, encode_row(served().columns(), *served().find(key)));
  return page;
}

result<void> memory_view::begin_rebuild() {
  rebuilt_.emplace(served().columns());
  return {};
}

result<void> memory_view::finish_rebuild() {
  if (!rebuilt_) return fail(errc::internal, "there is no rebuild of the view to finish");
  data_->rows = std::move(*rebuilt_);
  rebuilt_.reset();
  return {};
}

} // namespace troupe
