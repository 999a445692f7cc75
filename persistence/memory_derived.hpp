#pragma once

#include "persistence/derived_store.hpp"
#include "persistence/memory_index.hpp"
#include "persistence/memory_opening.hpp"

#include <map>
#include <memory>
#include <vector>

namespace troupe {

/// What outlives the opening of a derived store in memory.
struct memory_derived_data {
  explicit memory_derived_data(std::vector<column> columns) : filters(std::move(columns)) {}
  /// Back to empty, for other columns.
  void reset(std::vector<column> columns);

  memory_opening opening;
  record_index states_position;
  std::map<aggregate_id, state_row> states;
  memory_index filters; ///< of the live states
  std::map<command_id, dedup_mark> marks;
  std::multimap<record_index, command_id> marks_by_age;
  std::optional<derived_store::shard_snapshot> snapshot;
};

class memory_derived final : public derived_store {
public:
  /// `data` has been claimed for this opening.
  explicit memory_derived(std::shared_ptr<memory_derived_data> data) : data_(std::move(data)) {}
  ~memory_derived() override { data_->opening.release(); }
  memory_derived(const memory_derived&) = delete;
  memory_derived& operator=(const memory_derived&) = delete;

  [[nodiscard]] record_index states_position() const override { return data_->states_position; }
  [[nodiscard]] result<void> write(std::span<const state_row> rows,
                                   record_index states_position) override;
  [[nodiscard]] result<std::optional<state_row>> load(aggregate_id id) override;
  [[nodiscard]] result<list_page> list(const list_request& wanted) override;
  [[nodiscard]] result<void> remember(std::span<const dedup_mark> marks) override;
  [[nodiscard]] result<std::optional<dedup_mark>> find(command_id command) override;
  [[nodiscard]] result<std::uint32_t> forget_marks(record_index before) override;
  [[nodiscard]] result<void> save_snapshot(record_index position, std::string_view blob) override;
  [[nodiscard]] std::optional<shard_snapshot> load_snapshot() override;

private:
  std::shared_ptr<memory_derived_data> data_;
};

} // namespace troupe
