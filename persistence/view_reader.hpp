#pragma once

#include "persistence/sqlite_db.hpp"
#include "persistence/view_store.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// Reads a view's file without being its owner: rows and positions as they were at one moment,
/// while the view may fold on. Changes nothing. For one thread.
class view_reader {
public:
  ~view_reader();
  /// `wrong_format` for one of another shape or version: its owner would make it anew.
  [[nodiscard]] static result<std::unique_ptr<view_reader>> open(const std::filesystem::path& path,
                                                                 const context_info& info);

  [[nodiscard]] const std::vector<source_position>& positions() const { return positions_; }
  /// Number of rows as the file keeps it.
  [[nodiscard]] std::uint64_t kept_rows() const { return kept_rows_; }
  [[nodiscard]] result<std::uint64_t> count_rows();
  /// Visits all rows in the order of their keys: the msgpack map of the columns, key excluded, as
  /// `view_store::get` gives it.
  using visitor = std::function<void(std::int64_t key, const std::string& row)>;
  [[nodiscard]] result<void> scan(const visitor& visit);

  /// `corrupt` if SQLite finds pages or indexes of the file out of order; reads all of it.
  [[nodiscard]] result<void> check_structure();

private:
  struct shape;
  view_reader(sqlite::connection db, std::unique_ptr<shape> columns);
  [[nodiscard]] result<void> begin();
  [[nodiscard]] result<void> read_positions();

  sqlite::connection db_;
  std::unique_ptr<const shape> shape_;
  std::vector<source_position> positions_;
  std::uint64_t kept_rows_ = 0;
};

} // namespace troupe
