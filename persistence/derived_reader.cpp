#include "persistence/derived_reader.hpp"

#include "messages/codec.hpp"
#include "persistence/derived_rows.hpp"
#include "persistence/file_structure.hpp"
#include "persistence/list_plan.hpp"
#include "persistence/rebuildable_file.hpp"

#include <sqlite3.h>

namespace troupe {

using sqlite::connection;
using sqlite::open_mode;
using sqlite::statement;

namespace {

/// The filters' values as the state itself has them; nothing if it cannot be read.
std::vector<value> filters_in(const std::vector<column>& columns, const std::string& state) {
  document parsed;
  if (!parsed.parse(state)) return {};
  std::vector<value> all;
  for (const column& each : columns) {
    const auto held = parsed.root().find(each.name);
    auto fitted = fit(each, held.exists() ? held.to_value() : value{});
    all.push_back(fitted ? std::move(fitted).value() : value{});
  }
  return all;
}

} // namespace

struct derived_reader::shape {
  std::vector<column> columns;
};

derived_reader::derived_reader(sqlite::connection db, std::unique_ptr<shape> columns)
    : db_(std::move(db)), shape_(std::move(columns)) {}

derived_reader::~derived_reader() = default;

result<std::unique_ptr<derived_reader>> derived_reader::open(const std::filesystem::path& path,
                                                             const context_info& info) {
  auto columns = derived_columns(info);
  if (!columns) return columns.error();
  auto db = connection::open(path, open_mode::read_only);
  if (!db) return db.error();
  std::unique_ptr<derived_reader> opened{new derived_reader{
      std::move(db).value(), std::make_unique<shape>(shape{std::move(columns).value()})}};
  if (auto done = opened->begin(); !done) return done.error();
  return opened;
}

/// Everything is read in one transaction, so that states and positions fit together.
result<void> derived_reader::begin() {
  std::string names;
  for (const column& each : shape_->columns)
    names += ", " + sqlite::sql_name("by_" + each.name);
  int code = db_.execute("BEGIN");
  if (code != SQLITE_OK) return db_.failure(code, "read");
  const auto position = meta("states_position");
  if (!position) return position.error();
  states_position_.value = static_cast<std::uint64_t>(*position);
  const auto journal = meta("journal_id");
  if (!journal) return journal.error();
  journal_id_ = *journal;
  const auto live = meta("live_rows");
  if (!live) return live.error();
  live_rows_ = *live;
  code = db_.prepare(
      "SELECT seq, head, live, checksum, state" + names + " FROM states WHERE id = ?1", find_);
  if (code == SQLITE_ERROR)
    return fail(errc::wrong_format, db_.path().string() + " was made for other columns");
  if (code != SQLITE_OK) return db_.failure(code, "read");
  return {};
}

result<std::int64_t> derived_reader::meta(const char* key) {
  statement find;
  int code = db_.prepare("SELECT value FROM _meta WHERE key = ?1", find);
  if (code == SQLITE_ERROR)
    return fail(errc::wrong_format, db_.path().string() + " is not a derived file of this version");
  if (code == SQLITE_OK) code = find.bind_text(1, key).step();
  if (code == SQLITE_DONE) return std::int64_t{0};
  if (code != SQLITE_ROW) return db_.failure(code, "read");
  return find.integer(0);
}

result<std::optional<derived_reader::stored_state>> derived_reader::find(aggregate_id id) {
  const sqlite::reset_at_end reset{find_};
  const int code = find_.bind(1, id.number).step();
  if (code == SQLITE_DONE) return std::optional<stored_state>{};
  if (code != SQLITE_ROW) return db_.failure(code, "read");
  stored_state found;
  found.row.id = id;
  found.row.seq = find_.unsigned_integer(0);
  found.row.head.value = find_.unsigned_integer(1);
  found.row.live = find_.integer(2) != 0;
  found.row.state = find_.blob(4);
  found.matches = find_.integer(3) == state_checksum(found.row);
  for (std::size_t i = 0; i < shape_->columns.size(); ++i)
    found.row.filters.push_back(
        read_value(find_, static_cast<int>(5 + i), shape_->columns[i].type));
  found.filters_due = filters_in(shape_->columns, found.row.state);
  return std::optional{std::move(found)};
}

result<void> derived_reader::scan(const visitor& visit) {
  statement rows;
  int code = db_.prepare("SELECT id, head, live FROM states ORDER BY id", rows);
  if (code != SQLITE_OK) return db_.failure(code, "read");
  for (code = rows.step(); code == SQLITE_ROW; code = rows.step())
    visit({rows.integer(0)}, {rows.unsigned_integer(1)}, rows.integer(2) != 0);
  if (code != SQLITE_DONE) return db_.failure(code, "read");
  return {};
}

result<void> derived_reader::scan_marks(const mark_visitor& visit) {
  statement rows;
  int code = db_.prepare("SELECT id, at FROM marks", rows);
  if (code != SQLITE_OK) return db_.failure(code, "read");
  for (code = rows.step(); code == SQLITE_ROW; code = rows.step())
    visit(command_id::from_bytes(rows.blob(0)).value_or(command_id{}), {rows.unsigned_integer(1)});
  if (code != SQLITE_DONE) return db_.failure(code, "read");
  return {};
}

result<std::optional<derived_reader::stored_snapshot>> derived_reader::snapshot() {
  statement find;
  int code = db_.prepare("SELECT position, checksum, bytes FROM snapshot", find);
  if (code == SQLITE_OK) code = find.step();
  if (code == SQLITE_DONE) return std::optional<stored_snapshot>{};
  if (code != SQLITE_ROW) return db_.failure(code, "read");
  stored_snapshot found{{{find.unsigned_integer(0)}, std::string{find.blob(2)}}, false};
  found.matches =
      find.unsigned_integer(1) == content_hash(found.snapshot.blob, found.snapshot.position.value);
  return std::optional{std::move(found)};
}

result<void> derived_reader::check_structure() {
  return check_file_structure(db_);
}

} // namespace troupe
