#pragma once

#include "messages/descriptor.hpp"
#include "persistence/derived_store.hpp"
#include "persistence/rebuildable_file.hpp"
#include "persistence/sqlite_journal.hpp"
#include "persistence/storage.hpp"

#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// Derived store in one SQLite file (docs/journal.md).
class sqlite_derived final : public derived_store {
public:
  /// `journal`: of the same shard, if it is open in this process. What was derived from another
  /// journal, or is ahead of it, is dropped.
  [[nodiscard]] static result<std::unique_ptr<sqlite_derived>>
  open(const sqlite_options& options, const journal_identity& who, const context_info& info,
       const std::shared_ptr<const journal_presence>& journal);

  [[nodiscard]] record_index states_position() const override { return states_position_; }
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
  sqlite_derived(std::unique_ptr<rebuildable_file> file, std::vector<column> columns);
  [[nodiscard]] result<void> find_positions();
  [[nodiscard]] result<void> follow(const journal_presence& journal);
  [[nodiscard]] result<void> write_row(const state_row& row, std::int64_t& live_rows);
  [[nodiscard]] result<bool> write_same_filters(const state_row& row,
                                                std::span<const value> filters);
  [[nodiscard]] result<std::int64_t> live_rows_of(aggregate_id id);
  [[nodiscard]] result<std::uint64_t> count(const list_plan& plan, const list_sql& sql);

  std::unique_ptr<rebuildable_file> file_;
  std::vector<column> columns_;
  std::vector<std::string> quoted_; ///< names of the filter columns in SQL
  std::string update_same_;
  std::string upsert_;
  std::string load_;
  record_index states_position_;
  std::int64_t live_rows_ = 0;
  std::uint64_t first_part_ = 0; ///< oldest and newest part of the marks that can hold some
  std::uint64_t last_part_ = 0;
};

} // namespace troupe
