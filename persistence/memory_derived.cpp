#include "persistence/memory_derived.hpp"

#include "persistence/derived_rows.hpp"

#include <utility>

namespace troupe {

void memory_derived_data::reset(std::vector<column> columns) {
  states_position = {};
  states.clear();
  filters = memory_index{std::move(columns)};
  marks.clear();
  marks_by_age.clear();
  snapshot.reset();
}

result<void> memory_derived::write(std::span<const state_row> rows, record_index states_position) {
  std::vector<std::vector<value>> fitting;
  fitting.reserve(rows.size());
  for (const state_row& row : rows) { // all before the first: a refused write changes nothing
    auto filters = fit_filters(data_->filters.columns(), row);
    if (!filters) return filters.error();
    fitting.push_back(std::move(filters).value());
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    state_row& kept = data_->states[rows[i].id] = rows[i];
    kept.filters = fitting[i];
    if (kept.live)
      data_->filters.put(kept.id.number, std::move(fitting[i]));
    else
      data_->filters.erase(kept.id.number);
  }
  data_->states_position = states_position;
  return {};
}

result<std::optional<state_row>> memory_derived::load(aggregate_id id) {
  const auto found = data_->states.find(id);
  if (found == data_->states.end()) return std::optional<state_row>{};
  return std::optional<state_row>{found->second};
}

result<list_page> memory_derived::list(const list_request& wanted) {
  const auto plan = plan_list(data_->filters.columns(), derived_key_name, wanted);
  if (!plan) return plan.error();
  const memory_index::page found = data_->filters.list(*plan);
  list_page page{found.total, {}};
  for (const std::int64_t key : found.keys)
    page.rows.emplace_back(aggregate_id{key}, data_->states.at({key}).state);
  return page;
}

result<void> memory_derived::remember(std::span<const dedup_mark> marks) {
  for (const dedup_mark& mark : marks) {
    (void)data_->marks.insert_or_assign(mark.command, mark);
    data_->marks_by_age.emplace(mark.at, mark.command);
  }
  return {};
}

result<std::optional<dedup_mark>> memory_derived::find(command_id command) {
  const auto found = data_->marks.find(command);
  if (found == data_->marks.end()) return std::optional<dedup_mark>{};
  return std::optional<dedup_mark>{found->second};
}

result<std::uint32_t> memory_derived::forget_marks(record_index before) {
  std::uint32_t forgotten = 0;
  auto oldest = data_->marks_by_age.begin();
  while (forgotten < forget_marks_max && oldest != data_->marks_by_age.end() &&
         oldest->first < before) {
    // A command remembered again since then is only as old as its newest mark.
    const auto mark = data_->marks.find(oldest->second);
    if (mark != data_->marks.end() && mark->second.at == oldest->first) data_->marks.erase(mark);
    oldest = data_->marks_by_age.erase(oldest);
    ++forgotten;
  }
  return forgotten;
}

result<void> memory_derived::save_snapshot(record_index position, std::string_view blob) {
  data_->snapshot = shard_snapshot{position, std::string{blob}};
  return {};
}

std::optional<derived_store::shard_snapshot> memory_derived::load_snapshot() {
  return data_->snapshot;
}

} // namespace troupe
