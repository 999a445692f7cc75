#pragma once

#include "messages/descriptor.hpp"
#include "persistence/match_counts.hpp"
#include "persistence/rebuildable_file.hpp"
#include "persistence/view_rows.hpp"
#include "persistence/view_store.hpp"

#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// What a view's table looks like in SQL: the same for the file that is served and for the one that
/// is built beside it.
struct sqlite_view_shape {
  sqlite_view_shape(const context_info& info, std::vector<column> its_columns);

  std::vector<column> columns;
  std::vector<std::string> quoted; ///< names of the columns in SQL
  std::string key_name;
  std::string key;   ///< quoted
  std::string table; ///< quoted
  std::string all;   ///< key and columns, for SELECT
  std::string schema;
  std::string described; ///< in one line, to tell a file of another shape
};

/// One file of a view: its rows in a table of plain columns, and the positions they stand for.
class sqlite_view_file {
public:
  [[nodiscard]] static result<std::unique_ptr<sqlite_view_file>>
  take(const sqlite_view_shape& shape, std::unique_ptr<rebuildable_file> file);

  [[nodiscard]] result<std::vector<source_position>> positions();
  [[nodiscard]] result<void> apply(std::span<const row_change> changes,
                                   std::span<const source_position> positions);
  [[nodiscard]] result<std::optional<std::string>> get(std::int64_t key);
  [[nodiscard]] result<list_page> list(const list_request& wanted);
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] const std::string& remade() const { return file_->remade(); }
  /// An empty one beside this one; it can take this one's place.
  [[nodiscard]] result<std::unique_ptr<sqlite_view_file>> make_beside() const;
  [[nodiscard]] result<void> replace_with(sqlite_view_file filled);

private:
  sqlite_view_file(const sqlite_view_shape& shape, std::unique_ptr<rebuildable_file> file)
      : shape_(shape), file_(std::move(file)) {}
  [[nodiscard]] result<void> read_rows();
  [[nodiscard]] result<void> apply_one(const row_change& change);
  /// Runs a change of one row; how many rows it changed.
  [[nodiscard]] result<std::int64_t> run(const std::string& sql, std::int64_t key,
                                         const fitted_change& with);
  [[nodiscard]] result<void> save(const source_position& position);
  [[nodiscard]] result<std::optional<match_counts::row>> read(std::int64_t key);
  [[nodiscard]] match_counts::row row_of(const sqlite::statement& found, int first) const;
  [[nodiscard]] result<std::uint64_t> count(const list_plan& plan, const list_path& by);
  [[nodiscard]] result<list_path> narrowest(const list_plan& plan);
  [[nodiscard]] listed_table table() const { return {shape_.table, shape_.key, shape_.quoted, ""}; }

  const sqlite_view_shape& shape_;
  std::unique_ptr<rebuildable_file> file_;
  std::uint64_t rows_ = 0;
  match_counts counts_;
};

} // namespace troupe
