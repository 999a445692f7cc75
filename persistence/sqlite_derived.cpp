#include "persistence/sqlite_derived.hpp"

#include "persistence/data_folder.hpp"
#include "persistence/derived_rows.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace troupe {

using sqlite::sql_name;
using sqlite::statement;

namespace {

/// Grows when the tables change; older files are then made again.
constexpr int derived_format = 1;

std::string signature_of(const journal_identity& who, const std::vector<column>& columns) {
  std::string signature = "derived " + std::to_string(derived_format) + " " + who.context + " " +
                          std::to_string(who.shard.value) + "/" + std::to_string(who.shards);
  for (const column& each : columns)
    signature += " " + each.name + ":" + std::to_string(static_cast<int>(each.type));
  return signature;
}

/// Filter columns are prefixed, so that a field may have the name of one of ours.
std::vector<std::string> quoted_names(const std::vector<column>& columns) {
  std::vector<std::string> names;
  for (const column& each : columns)
    names.push_back(sql_name("by_" + each.name));
  return names;
}

/// Filter columns have no type: what is written has been fitted, and nothing may be converted.
std::string schema_of(const std::vector<std::string>& names) {
  std::string sql = "CREATE TABLE states(id INTEGER PRIMARY KEY, seq INTEGER, head INTEGER,"
                    " live INTEGER, checksum INTEGER";
  for (const std::string& name : names)
    sql += ", " + name;
  sql += ", state BLOB);";
  // The key follows the column in every index by itself.
  for (std::size_t i = 0; i < names.size(); ++i)
    sql +=
        "CREATE INDEX states_" + std::to_string(i) + " ON states(" + names[i] + ") WHERE live = 1;";
  sql += "CREATE TABLE marks(part INTEGER, id BLOB, hash INTEGER, at INTEGER,"
         " PRIMARY KEY(part, id)) WITHOUT ROWID;"
         "CREATE TABLE snapshot(one INTEGER PRIMARY KEY CHECK(one = 1), position INTEGER,"
         " checksum INTEGER, bytes BLOB);";
  return sql;
}

} // namespace

sqlite_derived::sqlite_derived(std::unique_ptr<rebuildable_file> file, std::vector<column> columns)
    : file_(std::move(file)), columns_(std::move(columns)), quoted_(quoted_names(columns_)) {
  std::string same;
  std::string names;
  std::string places;
  std::string excluded;
  for (std::size_t i = 0; i < quoted_.size(); ++i) {
    const std::string place = "?" + std::to_string(7 + i);
    same += " AND " + quoted_[i] + " IS " + place;
    names += ", " + quoted_[i];
    places += ", " + place;
    excluded += ", " + quoted_[i] + " = excluded." + quoted_[i];
  }
  update_same_ = "UPDATE states SET seq = ?2, head = ?3, checksum = ?5, state = ?6"
                 " WHERE id = ?1 AND live = ?4" +
                 same;
  upsert_ = "INSERT INTO states(id, seq, head, live, checksum, state" + names +
            ") VALUES(?1, ?2, ?3, ?4, ?5, ?6" + places +
            ") ON CONFLICT(id) DO UPDATE SET seq = excluded.seq, head = excluded.head,"
            " live = excluded.live, checksum = excluded.checksum, state = excluded.state" +
            excluded;
  load_ = "SELECT seq, head, live, checksum, state" + names + " FROM states WHERE id = ?1";
}

result<std::unique_ptr<sqlite_derived>>
sqlite_derived::open(const sqlite_options& options, const journal_identity& who,
                     const context_info& info,
                     const std::shared_ptr<const journal_presence>& journal) {
  auto columns = derived_columns(info);
  if (!columns) return columns.error();
  const auto path = data_file(options.directory, who, "derived");
  if (!path) return path.error();
  if (auto done = make_data_folder(options.directory); !done) return done.error();
  auto lock =
      file_lock::take(path->string() + ".lock", describe_file("derived store", who), who.node);
  if (!lock) return lock.error();
  auto file = rebuildable_file::open(
      {*path, signature_of(who, *columns), schema_of(quoted_names(*columns))},
      std::move(lock).value());
  if (!file) return file.error();
  std::unique_ptr<sqlite_derived> opened{
      new sqlite_derived{std::move(file).value(), std::move(columns).value()}};
  auto found = opened->find_positions();
  if (!found) { // damaged inside: again from nothing
    if (auto done = opened->file_->make_again(); !done) return done.error();
    found = opened->find_positions();
  }
  if (found.ok() && journal) found = opened->follow(*journal);
  if (!found) return found.error();
  return opened;
}

result<void> sqlite_derived::find_positions() {
  const auto position = file_->meta("states_position");
  if (!position) return position.error();
  states_position_.value = static_cast<std::uint64_t>(*position);
  const auto live_rows = file_->meta("live_rows");
  if (!live_rows) return live_rows.error();
  live_rows_ = *live_rows;
  const auto parts = file_->prepared("SELECT (SELECT min(part) FROM marks),"
                                     " (SELECT max(part) FROM marks)");
  if (!parts) return parts.error();
  const sqlite::reset_at_end reset{**parts};
  if (const int code = (*parts)->step(); code != SQLITE_ROW) return file_->failure(code, "read");
  first_part_ = (*parts)->unsigned_integer(0);
  last_part_ = (*parts)->unsigned_integer(1);
  return {};
}

/// What is derived must come from this very journal and not be ahead of it, which it is when the
/// journal was lost and begun again or restored from a backup.
result<void> sqlite_derived::follow(const journal_presence& journal) {
  const auto made_id = file_->meta("journal_id");
  if (!made_id) return made_id.error();
  const auto snapshot = file_->meta("snapshot_position");
  if (!snapshot) return snapshot.error();
  const std::uint64_t head = journal.head.load(std::memory_order_relaxed);
  const bool other = *made_id != 0 && *made_id != journal.made_id;
  const bool ahead = states_position_.value > head || static_cast<std::uint64_t>(*snapshot) > head;
  if (other || ahead) {
    if (auto done = file_->make_again(); !done) return done;
    if (auto done = find_positions(); !done) return done;
  }
  if (*made_id == journal.made_id && !ahead) return {};
  return file_->transaction("mark", [&] { return file_->set_meta("journal_id", journal.made_id); });
}

result<void> sqlite_derived::write(std::span<const state_row> rows, record_index states_position) {
  std::int64_t live_rows = live_rows_;
  const auto done = file_->transaction("write", [&]() -> result<void> {
    for (const state_row& row : rows)
      if (auto written = write_row(row, live_rows); !written) return written;
    if (auto set = file_->set_meta("live_rows", live_rows); !set) return set;
    return file_->set_meta("states_position", static_cast<std::int64_t>(states_position.value));
  });
  if (!done) return done;
  live_rows_ = live_rows;
  states_position_ = states_position;
  return {};
}

/// Most turns leave the filter fields alone. Those are written by a statement that does not name
/// them, because SQLite rewrites the index of every column that an update names.
result<void> sqlite_derived::write_row(const state_row& row, std::int64_t& live_rows) {
  const auto filters = fit_filters(columns_, row);
  if (!filters) return filters.error();
  const auto same = write_same_filters(row, *filters);
  if (!same) return same.error();
  if (*same) return {};
  const auto live_before = live_rows_of(row.id);
  if (!live_before) return live_before.error();
  const auto upsert = file_->prepared(upsert_);
  if (!upsert) return upsert.error();
  statement& put = **upsert;
  put.bind(1, row.id.number).bind(2, row.seq).bind(3, row.head.value);
  put.bind(4, std::int64_t{row.live});
  put.bind(5, state_checksum(row));
  put.bind_blob(6, row.state);
  for (std::size_t i = 0; i < filters->size(); ++i)
    bind_value(put, static_cast<int>(7 + i), (*filters)[i]);
  if (const int code = put.run(); code != SQLITE_OK) return file_->failure(code, "write");
  live_rows += std::int64_t{row.live} - *live_before;
  return {};
}

result<bool> sqlite_derived::write_same_filters(const state_row& row,
                                                std::span<const value> filters) {
  const auto update = file_->prepared(update_same_);
  if (!update) return update.error();
  statement& put = **update;
  put.bind(1, row.id.number).bind(2, row.seq).bind(3, row.head.value);
  put.bind(4, std::int64_t{row.live});
  put.bind(5, state_checksum(row));
  put.bind_blob(6, row.state);
  for (std::size_t i = 0; i < filters.size(); ++i)
    bind_value(put, static_cast<int>(7 + i), filters[i]);
  if (const int code = put.run(); code != SQLITE_OK) return file_->failure(code, "write");
  return file_->db().changes() == 1;
}

/// 1 if the aggregate has a live row, else 0.
result<std::int64_t> sqlite_derived::live_rows_of(aggregate_id id) {
  const auto find = file_->prepared("SELECT live FROM states WHERE id = ?1");
  if (!find) return find.error();
  const sqlite::reset_at_end reset{**find};
  const int code = (*find)->bind(1, id.number).step();
  if (code != SQLITE_ROW && code != SQLITE_DONE) return file_->failure(code, "read");
  return code == SQLITE_ROW ? (*find)->integer(0) : 0;
}

result<std::optional<state_row>> sqlite_derived::load(aggregate_id id) {
  const auto find = file_->prepared(load_);
  if (!find) return find.error();
  statement& found = **find;
  const sqlite::reset_at_end reset{found};
  const int code = found.bind(1, id.number).step();
  if (code == SQLITE_DONE) return std::optional<state_row>{};
  if (code != SQLITE_ROW) return file_->failure(code, "read");
  state_row row;
  row.id = id;
  row.seq = found.unsigned_integer(0);
  row.head.value = found.unsigned_integer(1);
  row.live = found.integer(2) != 0;
  row.state = found.blob(4);
  if (found.integer(3) != state_checksum(row))
    return file_->damage("the state of " + std::to_string(id.number) +
                         " does not match its checksum");
  for (std::size_t i = 0; i < columns_.size(); ++i)
    row.filters.push_back(read_value(found, static_cast<int>(5 + i), columns_[i].type));
  return std::optional<state_row>{std::move(row)};
}

result<list_page> sqlite_derived::list(const list_request& wanted) {
  const auto plan = plan_list(columns_, derived_key_name, wanted);
  if (!plan) return plan.error();
  const list_sql sql = sql_of(*plan, {"states", "id", quoted_, "live = 1"});
  const auto total = count(*plan, sql);
  if (!total) return total.error();
  const auto select = file_->prepared("SELECT id, seq, head, checksum, state FROM states" +
                                      sql.condition + sql.order);
  if (!select) return select.error();
  statement& found = **select;
  const sqlite::reset_at_end reset{found};
  bind_page(found, *plan);
  list_page page{*total, {}};
  int code = found.step();
  for (; code == SQLITE_ROW; code = found.step()) {
    const aggregate_id id{found.integer(0)};
    std::string state{found.blob(4)};
    if (found.integer(3) !=
        state_checksum(id, found.unsigned_integer(1), {found.unsigned_integer(2)}, state))
      return file_->damage("the state of " + std::to_string(id.number) +
                           " does not match its checksum");
    page.rows.emplace_back(id, std::move(state));
  }
  if (code != SQLITE_DONE) return file_->failure(code, "read");
  return page;
}

/// Without a filter the number is kept, because counting would read all rows.
result<std::uint64_t> sqlite_derived::count(const list_plan& plan, const list_sql& sql) {
  if (plan.matches.empty() && !plan.key && !plan.after)
    return static_cast<std::uint64_t>(live_rows_);
  const auto select = file_->prepared("SELECT count(*) FROM states" + sql.condition);
  if (!select) return select.error();
  const sqlite::reset_at_end reset{**select};
  (void)bind_condition(**select, plan);
  if (const int code = (*select)->step(); code != SQLITE_ROW) return file_->failure(code, "read");
  return (*select)->unsigned_integer(0);
}

result<void> sqlite_derived::save_snapshot(record_index position, std::string_view blob) {
  return file_->transaction("save the snapshot in", [&]() -> result<void> {
    const auto put = file_->prepared("INSERT OR REPLACE INTO snapshot(one, position, checksum,"
                                     " bytes) VALUES(1, ?1, ?2, ?3)");
    if (!put) return put.error();
    (*put)->bind(1, position.value).bind(2, content_hash(blob, position.value)).bind_blob(3, blob);
    if (const int code = (*put)->run(); code != SQLITE_OK) return file_->failure(code, "write");
    return file_->set_meta("snapshot_position", static_cast<std::int64_t>(position.value));
  });
}

std::optional<derived_store::shard_snapshot> sqlite_derived::load_snapshot() {
  const auto find = file_->prepared("SELECT position, checksum, bytes FROM snapshot");
  if (!find) return std::nullopt;
  const sqlite::reset_at_end reset{**find};
  if ((*find)->step() != SQLITE_ROW) return std::nullopt;
  shard_snapshot found{{(*find)->unsigned_integer(0)}, std::string{(*find)->blob(2)}};
  const bool intact =
      (*find)->unsigned_integer(1) == content_hash(found.blob, found.position.value);
  return intact ? std::optional{std::move(found)} : std::nullopt;
}

} // namespace troupe
