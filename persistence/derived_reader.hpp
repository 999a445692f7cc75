#pragma once

#include "messages/descriptor.hpp"
#include "persistence/derived_store.hpp"
#include "persistence/sqlite_db.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// Reads a shard's derived file without being its owner: as it was at one moment, while its owner
/// may write on. Changes nothing; what is damaged is handed out as damaged. For one thread.
class derived_reader {
public:
  ~derived_reader();
  /// `wrong_format` for one that was made for other columns or by another version: its owner would
  /// make it anew.
  [[nodiscard]] static result<std::unique_ptr<derived_reader>>
  open(const std::filesystem::path& path, const context_info& info);

  [[nodiscard]] record_index states_position() const { return states_position_; }
  /// `made_id` of the journal it was derived from; 0: not said.
  [[nodiscard]] std::int64_t journal_id() const { return journal_id_; }
  /// Number of live rows as the file keeps it.
  [[nodiscard]] std::int64_t live_rows() const { return live_rows_; }

  struct stored_state {
    state_row row;
    bool matches = false;           ///< its checksum
    std::vector<value> filters_due; ///< what the columns have to hold, by the state itself
  };
  [[nodiscard]] result<std::optional<stored_state>> find(aggregate_id id);
  /// Visits aggregate, newest record and whether it is live, of all rows in the order of their ids.
  using visitor = std::function<void(aggregate_id id, record_index head, bool live)>;
  [[nodiscard]] result<void> scan(const visitor& visit);

  /// Visits the old dedup marks: which record speaks of which command.
  using mark_visitor = std::function<void(command_id command, record_index at)>;
  [[nodiscard]] result<void> scan_marks(const mark_visitor& visit);

  struct stored_snapshot {
    derived_store::shard_snapshot snapshot;
    bool matches = false;
  };
  [[nodiscard]] result<std::optional<stored_snapshot>> snapshot();

  /// `corrupt` if SQLite finds pages or indexes of the file out of order; reads all of it.
  [[nodiscard]] result<void> check_structure();

private:
  struct shape;
  derived_reader(sqlite::connection db, std::unique_ptr<shape> columns);
  [[nodiscard]] result<void> begin();
  [[nodiscard]] result<std::int64_t> meta(const char* key);

  sqlite::connection db_;
  std::unique_ptr<const shape> shape_;
  sqlite::statement find_;
  record_index states_position_;
  std::int64_t journal_id_ = 0;
  std::int64_t live_rows_ = 0;
};

} // namespace troupe
