#include "persistence/view_reader.hpp"

#include "persistence/file_structure.hpp"
#include "persistence/sqlite_view_file.hpp"
#include "persistence/view_rows.hpp"

#include <sqlite3.h>

namespace troupe {

using sqlite::connection;
using sqlite::open_mode;
using sqlite::statement;

struct view_reader::shape {
  sqlite_view_shape table_shape;
};

view_reader::view_reader(sqlite::connection db, std::unique_ptr<shape> columns)
    : db_(std::move(db)), shape_(std::move(columns)) {}

view_reader::~view_reader() = default;

result<std::unique_ptr<view_reader>> view_reader::open(const std::filesystem::path& path,
                                                       const context_info& info) {
  auto columns = view_columns(info);
  if (!columns) return columns.error();
  auto db = connection::open(path, open_mode::read_only);
  if (!db) return db.error();
  std::unique_ptr<view_reader> opened{new view_reader{
      std::move(db).value(),
      std::make_unique<shape>(shape{sqlite_view_shape{info, std::move(columns).value()}})}};
  if (auto done = opened->begin(); !done) return done.error();
  return opened;
}

/// Everything is read in one transaction, so that rows and positions fit together.
result<void> view_reader::begin() {
  int code = db_.execute("BEGIN");
  if (code != SQLITE_OK) return db_.failure(code, "read");
  statement meta;
  code = db_.prepare("SELECT (SELECT value FROM _meta WHERE key = 'signature'),"
                     " (SELECT value FROM _meta WHERE key = 'rows')",
                     meta);
  if (code == SQLITE_ERROR)
    return fail(errc::wrong_format, db_.path().string() + " is not a view of this version");
  if (code == SQLITE_OK) code = meta.step();
  if (code != SQLITE_ROW) return db_.failure(code, "read");
  if (!meta.text(0).ends_with(' ' + shape_->table_shape.described))
    return fail(errc::wrong_format, db_.path().string() + " was made for other columns");
  kept_rows_ = meta.unsigned_integer(1);
  return read_positions();
}

result<void> view_reader::read_positions() {
  statement rows;
  int code =
      db_.prepare("SELECT context, shard, next FROM _positions ORDER BY context, shard", rows);
  if (code == SQLITE_ERROR)
    return fail(errc::wrong_format, db_.path().string() + " is not a view of this version");
  if (code != SQLITE_OK) return db_.failure(code, "read");
  for (code = rows.step(); code == SQLITE_ROW; code = rows.step())
    positions_.push_back({std::string{rows.text(0)},
                          {static_cast<std::uint32_t>(rows.integer(1))},
                          {rows.unsigned_integer(2)}});
  if (code != SQLITE_DONE) return db_.failure(code, "read");
  return {};
}

result<std::uint64_t> view_reader::count_rows() {
  statement count;
  int code = db_.prepare("SELECT count(*) FROM " + shape_->table_shape.table, count);
  if (code == SQLITE_OK) code = count.step();
  if (code != SQLITE_ROW) return db_.failure(code, "read");
  return count.unsigned_integer(0);
}

result<void> view_reader::scan(const visitor& visit) {
  statement rows;
  int code = db_.prepare("SELECT " + shape_->table_shape.all + " FROM " +
                             shape_->table_shape.table + " ORDER BY " + shape_->table_shape.key,
                         rows);
  if (code != SQLITE_OK) return db_.failure(code, "read");
  const auto& columns = shape_->table_shape.columns;
  std::vector<value> row(columns.size());
  for (code = rows.step(); code == SQLITE_ROW; code = rows.step()) {
    for (std::size_t i = 0; i < row.size(); ++i)
      row[i] = read_value(rows, static_cast<int>(1 + i), columns[i].type);
    visit(rows.integer(0), encode_row(columns, row));
  }
  if (code != SQLITE_DONE) return db_.failure(code, "read");
  return {};
}

result<void> view_reader::check_structure() {
  return check_file_structure(db_);
}

} // namespace troupe
