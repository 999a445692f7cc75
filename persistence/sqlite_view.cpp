#include "persistence/sqlite_view.hpp"

#include "persistence/data_folder.hpp"

#include <sqlite3.h>

namespace troupe {

using sqlite::sql_name;
using sqlite::statement;

namespace {

/// Grows when the tables change; older files are then made again.
constexpr int view_format = 1;

std::string table_of(const context_info& info) {
  return std::string{info.resource.empty() ? info.name : info.resource};
}

std::string sql_type(field_type type) {
  switch (type) {
  case field_type::integer:
    return "INTEGER";
  case field_type::real:
    return "REAL";
  case field_type::boolean:
    return "BOOLEAN";
  case field_type::text:
    return "TEXT";
  }
  return "";
}

std::string signature_of(const journal_identity& who, const context_info& info,
                         const std::vector<column>& columns) {
  std::string signature = "view " + std::to_string(view_format) + " " + who.context + " " +
                          std::to_string(who.shard.value) + "/" + std::to_string(who.shards) + " " +
                          table_of(info) + " " + std::string{info.view.key};
  for (const column& each : columns)
    signature += " " + each.name + ":" + sql_type(each.type) + (each.listed ? "*" : "");
  return signature;
}

std::string schema_of(const context_info& info, const std::vector<column>& columns) {
  const std::string table = sql_name(table_of(info));
  std::string sql =
      "CREATE TABLE " + table + "(" + sql_name(info.view.key) + " INTEGER PRIMARY KEY";
  for (const column& each : columns)
    sql += ", " + sql_name(each.name) + " " + sql_type(each.type);
  sql += ");";
  for (const column& each : columns)
    if (each.listed)
      sql += "CREATE INDEX " + sql_name(table_of(info) + "_by_" + each.name) + " ON " + table +
             "(" + sql_name(each.name) + ");";
  return sql + "CREATE TABLE _positions(context TEXT, shard INTEGER, next INTEGER,"
               " PRIMARY KEY(context, shard)) WITHOUT ROWID;";
}

} // namespace

sqlite_view::sqlite_view(std::unique_ptr<rebuildable_file> file, std::vector<column> columns,
                         const context_info& info)
    : file_(std::move(file)), columns_(std::move(columns)), key_name_(info.view.key),
      key_(sql_name(key_name_)), table_(sql_name(table_of(info))), all_(key_) {
  for (const column& each : columns_) {
    quoted_.push_back(sql_name(each.name));
    all_ += ", " + quoted_.back();
  }
}

result<std::unique_ptr<sqlite_view>> sqlite_view::open(const sqlite_options& options,
                                                       const journal_identity& who,
                                                       const context_info& info) {
  auto columns = view_columns(info);
  if (!columns) return columns.error();
  if (info.view.key.empty())
    return fail(errc::internal, "context " + info.full_name() + " declares no key for its view");
  const auto path = data_file(options.directory, who, "view");
  if (!path) return path.error();
  if (auto done = make_data_folder(options.directory); !done) return done.error();
  auto lock = file_lock::take(path->string() + ".lock", describe_file("view", who), who.node);
  if (!lock) return lock.error();
  auto file =
      rebuildable_file::open({*path, signature_of(who, info, *columns), schema_of(info, *columns)},
                             std::move(lock).value());
  if (!file) return file.error();
  return std::unique_ptr<sqlite_view>{
      new sqlite_view{std::move(file).value(), std::move(columns).value(), info}};
}

result<std::vector<source_position>> sqlite_view::positions() {
  const auto select = file_->prepared("SELECT context, shard, next FROM _positions"
                                      " ORDER BY context, shard");
  if (!select) return select.error();
  statement& found = **select;
  const sqlite::reset_at_end reset{found};
  std::vector<source_position> all;
  int code = found.step();
  for (; code == SQLITE_ROW; code = found.step())
    all.push_back({std::string{found.text(0)},
                   {static_cast<std::uint32_t>(found.integer(1))},
                   {found.unsigned_integer(2)}});
  if (code != SQLITE_DONE) return file_->failure(code, "read");
  return all;
}

result<void> sqlite_view::apply(std::span<const row_change> changes,
                                std::span<const source_position> positions) {
  return file_->transaction("write", [&]() -> result<void> {
    for (const row_change& change : changes)
      if (auto done = apply_one(change); !done) return done;
    for (const source_position& position : positions)
      if (auto done = save(position); !done) return done;
    return {};
  });
}

result<void> sqlite_view::apply_one(const row_change& change) {
  const auto cells = fit_cells(columns_, change);
  if (!cells) return cells.error();
  if (change.what == row_change::effect::update && cells->empty()) return {};
  const auto prepared = file_->prepared(sql_for(change, *cells));
  if (!prepared) return prepared.error();
  statement& put = **prepared;
  put.bind(1, change.key);
  if (change.what != row_change::effect::erase)
    for (std::size_t i = 0; i < cells->size(); ++i)
      bind_value(put, static_cast<int>(2 + i), (*cells)[i].held);
  if (const int code = put.run(); code != SQLITE_OK) return file_->failure(code, "write");
  return {};
}

/// One text per kind of change and set of columns, so that few statements serve all changes.
std::string sqlite_view::sql_for(const row_change& change,
                                 const std::vector<fitted_cell>& cells) const {
  if (change.what == row_change::effect::erase)
    return "DELETE FROM " + table_ + " WHERE " + key_ + " = ?1";
  std::string names;
  std::string places;
  std::string sets;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string& name = quoted_[cells[i].column];
    const std::string place = "?" + std::to_string(2 + i);
    names += ", " + name;
    places += ", " + place;
    sets += (i == 0 ? "" : ", ") + name + " = " + place;
  }
  if (change.what == row_change::effect::update)
    return "UPDATE " + table_ + " SET " + sets + " WHERE " + key_ + " = ?1";
  return "INSERT INTO " + table_ + "(" + key_ + names + ") VALUES(?1" + places + ") ON CONFLICT(" +
         key_ + ") DO " + (cells.empty() ? "NOTHING" : "UPDATE SET " + sets);
}

result<void> sqlite_view::save(const source_position& position) {
  const auto put =
      file_->prepared("INSERT OR REPLACE INTO _positions(context, shard, next) VALUES(?1, ?2, ?3)");
  if (!put) return put.error();
  (*put)->bind_text(1, position.context).bind(2, std::int64_t{position.shard.value});
  if (const int code = (*put)->bind(3, position.next.value).run(); code != SQLITE_OK)
    return file_->failure(code, "write");
  return {};
}

std::string sqlite_view::row_of(const statement& found, int first) const {
  std::vector<value> row;
  row.reserve(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i)
    row.push_back(read_value(found, first + static_cast<int>(i), columns_[i].type));
  return encode_row(columns_, row);
}

result<std::optional<std::string>> sqlite_view::get(std::int64_t key) {
  const auto select =
      file_->prepared("SELECT " + all_ + " FROM " + table_ + " WHERE " + key_ + " = ?1");
  if (!select) return select.error();
  const sqlite::reset_at_end reset{**select};
  const int code = (*select)->bind(1, key).step();
  if (code == SQLITE_DONE) return std::optional<std::string>{};
  if (code != SQLITE_ROW) return file_->failure(code, "read");
  return std::optional<std::string>{row_of(**select, 1)};
}

result<list_page> sqlite_view::list(const list_request& wanted) {
  const auto plan = plan_list(columns_, key_name_, wanted);
  if (!plan) return plan.error();
  const list_sql sql = sql_of(*plan, {table_, key_, quoted_, ""});
  const auto total = count(*plan, sql);
  if (!total) return total.error();
  const auto select =
      file_->prepared("SELECT " + all_ + " FROM " + table_ + sql.condition + sql.order);
  if (!select) return select.error();
  statement& found = **select;
  const sqlite::reset_at_end reset{found};
  bind_page(found, *plan);
  list_page page{*total, {}};
  int code = found.step();
  for (; code == SQLITE_ROW; code = found.step())
    page.rows.emplace_back(aggregate_id{found.integer(0)}, row_of(found, 1));
  if (code != SQLITE_DONE) return file_->failure(code, "read");
  return page;
}

result<std::uint64_t> sqlite_view::count(const list_plan& plan, const list_sql& sql) {
  const auto select = file_->prepared("SELECT count(*) FROM " + table_ + sql.condition);
  if (!select) return select.error();
  const sqlite::reset_at_end reset{**select};
  (void)bind_condition(**select, plan);
  if (const int code = (*select)->step(); code != SQLITE_ROW) return file_->failure(code, "read");
  return (*select)->unsigned_integer(0);
}

result<void> sqlite_view::clear() {
  return file_->transaction("clear", [&]() -> result<void> {
    const int code = file_->db().execute("DELETE FROM " + table_ + "; DELETE FROM _positions");
    if (code != SQLITE_OK) return file_->failure(code, "clear");
    return {};
  });
}

} // namespace troupe
