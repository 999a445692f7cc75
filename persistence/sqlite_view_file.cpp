#include "persistence/sqlite_view_file.hpp"

#include <sqlite3.h>

namespace troupe {

using sqlite::sql_name;
using sqlite::statement;

namespace {

/// Key of `_meta`: how many rows the table has, so that no list has to count them.
constexpr std::string_view rows_key = "rows";

/// Rows of a filter looked at to find the one that has fewest.
constexpr std::uint64_t probe_max = 1'000;
/// Some steps per row that a count looks at.
constexpr int work_worth_keeping = 4 * static_cast<int>(match_counts::worth_keeping);

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

std::string parameter(std::size_t number) {
  return "?" + std::to_string(number);
}

/// Parameters of every change: the key, the cells, the values of the condition.
std::string condition_of(const sqlite_view_shape& shape, const fitted_change& with) {
  std::string sql = " WHERE " + shape.key + " = ?1";
  if (!with.where) return sql;
  std::string any;
  for (std::size_t i = 0; i < with.where->one_of.size(); ++i)
    any += (i == 0 ? "" : " OR ") + shape.quoted[with.where->column] + " IS " +
           parameter(2 + with.cells.size() + i);
  return sql + " AND (" + (any.empty() ? "0" : any) + ")";
}

std::string update_of(const sqlite_view_shape& shape, const fitted_change& with) {
  std::string sets;
  for (std::size_t i = 0; i < with.cells.size(); ++i)
    sets += (i == 0 ? "" : ", ") + shape.quoted[with.cells[i].column] + " = " + parameter(2 + i);
  return "UPDATE " + shape.table + " SET " + sets + condition_of(shape, with);
}

std::string insert_of(const sqlite_view_shape& shape, const fitted_change& with) {
  std::string names;
  std::string places;
  for (std::size_t i = 0; i < with.cells.size(); ++i) {
    names += ", " + shape.quoted[with.cells[i].column];
    places += ", " + parameter(2 + i);
  }
  return "INSERT INTO " + shape.table + "(" + shape.key + names + ") VALUES(?1" + places +
         ") ON CONFLICT DO NOTHING";
}

} // namespace

sqlite_view_shape::sqlite_view_shape(const context_info& info, std::vector<column> its_columns)
    : columns(std::move(its_columns)), key_name(info.view.key), key(sql_name(key_name)), all(key) {
  const std::string name{info.resource.empty() ? info.name : info.resource};
  table = sql_name(name);
  described = name + " " + key_name;
  schema = "CREATE TABLE " + table + "(" + key + " INTEGER PRIMARY KEY";
  std::string indexes;
  for (const column& each : columns) {
    quoted.push_back(sql_name(each.name));
    all += ", " + quoted.back();
    schema += ", " + quoted.back() + " " + sql_type(each.type);
    described += " " + each.name + ":" + sql_type(each.type) + (each.listed ? "*" : "");
    if (each.listed)
      indexes += "CREATE INDEX " + sql_name(name + "_by_" + each.name) + " ON " + table + "(" +
                 quoted.back() + ");";
  }
  schema += ");" + indexes +
            "CREATE TABLE _positions(context TEXT, shard INTEGER, next INTEGER,"
            " PRIMARY KEY(context, shard)) WITHOUT ROWID;";
}

result<std::unique_ptr<sqlite_view_file>>
sqlite_view_file::take(const sqlite_view_shape& shape, std::unique_ptr<rebuildable_file> file) {
  std::unique_ptr<sqlite_view_file> taken{new sqlite_view_file{shape, std::move(file)}};
  if (auto done = taken->read_rows(); !done) return done.error();
  return taken;
}

result<void> sqlite_view_file::read_rows() {
  counts_.clear();
  const auto rows = file_->meta(rows_key);
  if (!rows) return rows.error();
  rows_ = static_cast<std::uint64_t>(*rows);
  return {};
}

result<std::unique_ptr<sqlite_view_file>> sqlite_view_file::make_beside() const {
  auto file = file_->make_beside();
  if (!file) return file.error();
  return take(shape_, std::move(file).value());
}

result<void> sqlite_view_file::replace_with(sqlite_view_file filled) {
  const auto done = file_->replace_with(std::move(filled.file_));
  if (auto read = read_rows(); !read) return read;
  return done;
}

result<std::vector<source_position>> sqlite_view_file::positions() {
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

// -- changes ------------------------------------------------------------------------------------

result<void> sqlite_view_file::apply(std::span<const row_change> changes,
                                     std::span<const source_position> positions) {
  const std::uint64_t rows_before = rows_;
  auto done = file_->transaction("write", [&]() -> result<void> {
    for (const row_change& change : changes)
      if (auto applied = apply_one(change); !applied) return applied;
    for (const source_position& position : positions)
      if (auto saved = save(position); !saved) return saved;
    if (rows_ == rows_before) return {};
    return file_->set_meta(rows_key, static_cast<std::int64_t>(rows_));
  });
  if (done) return done;
  rows_ = rows_before;
  counts_.clear();
  return done;
}

result<void> sqlite_view_file::apply_one(const row_change& change) {
  const auto fitted = fit_change(shape_.columns, change);
  if (!fitted) return fitted.error();
  std::optional<match_counts::row> before;
  if (!counts_.empty()) {
    auto held = read(change.key);
    if (!held) return held.error();
    before = std::move(held).value();
  }
  const bool erases = change.what == row_change::effect::erase;
  result<std::int64_t> changed = 0;
  if (erases)
    changed = run("DELETE FROM " + shape_.table + " WHERE " + shape_.key + " = ?1", change.key, {});
  else if (change.what == row_change::effect::upsert)
    changed = run(insert_of(shape_, *fitted), change.key, *fitted);
  if (!changed) return changed.error();
  if (*changed > 0)
    erases ? --rows_ : ++rows_;
  else if (!erases && !fitted->cells.empty())
    changed = run(update_of(shape_, *fitted), change.key, *fitted);
  if (!changed) return changed.error();
  if (*changed == 0 || counts_.empty()) return {};
  auto after = before.value_or(match_counts::row(shape_.columns.size()));
  for (const fitted_cell& cell : fitted->cells)
    after[cell.column] = cell.held;
  counts_.changed(before ? &*before : nullptr, erases ? nullptr : &after);
  return {};
}

/// Statements differ by kind of change and set of columns only, so that few serve all changes.
result<std::int64_t> sqlite_view_file::run(const std::string& sql, std::int64_t key,
                                           const fitted_change& with) {
  const auto prepared = file_->prepared(sql);
  if (!prepared) return prepared.error();
  statement& change = **prepared;
  change.bind(1, key);
  int place = 2;
  for (const fitted_cell& cell : with.cells)
    bind_value(change, place++, cell.held);
  if (with.where)
    for (const value& each : with.where->one_of)
      bind_value(change, place++, each);
  if (const int code = change.run(); code != SQLITE_OK) return file_->failure(code, "write");
  return file_->db().changes();
}

result<void> sqlite_view_file::save(const source_position& position) {
  const auto put =
      file_->prepared("INSERT OR REPLACE INTO _positions(context, shard, next) VALUES(?1, ?2, ?3)");
  if (!put) return put.error();
  (*put)->bind_text(1, position.context).bind(2, std::int64_t{position.shard.value});
  if (const int code = (*put)->bind(3, position.next.value).run(); code != SQLITE_OK)
    return file_->failure(code, "write");
  return {};
}

// -- reads --------------------------------------------------------------------------------------

match_counts::row sqlite_view_file::row_of(const statement& found, int first) const {
  match_counts::row row;
  row.reserve(shape_.columns.size());
  for (std::size_t i = 0; i < shape_.columns.size(); ++i)
    row.push_back(read_value(found, first + static_cast<int>(i), shape_.columns[i].type));
  return row;
}

result<std::optional<match_counts::row>> sqlite_view_file::read(std::int64_t key) {
  const auto select = file_->prepared("SELECT " + shape_.all + " FROM " + shape_.table + " WHERE " +
                                      shape_.key + " = ?1");
  if (!select) return select.error();
  const sqlite::reset_at_end reset{**select};
  const int code = (*select)->bind(1, key).step();
  if (code == SQLITE_DONE) return std::optional<match_counts::row>{};
  if (code != SQLITE_ROW) return file_->failure(code, "read");
  return std::optional{row_of(**select, 1)};
}

result<std::optional<std::string>> sqlite_view_file::get(std::int64_t key) {
  const auto row = read(key);
  if (!row) return row.error();
  if (!row->has_value()) return std::optional<std::string>{};
  return std::optional{encode_row(shape_.columns, **row)};
}

result<list_page> sqlite_view_file::list(const list_request& wanted) {
  const auto plan = plan_list(shape_.columns, shape_.key_name, wanted);
  if (!plan) return plan.error();
  auto by = narrowest(*plan);
  if (!by) return by.error();
  const auto total = count(*plan, *by);
  if (!total) return total.error();
  list_page page{*total, {}};
  if (*total <= plan->skip) return page;
  by->in_order = reads_in_order(*plan, *total, rows_);
  const list_sql sql = sql_of(*plan, table(), *by);
  const auto select =
      file_->prepared("SELECT " + shape_.all + " FROM " + shape_.table + sql.condition + sql.order);
  if (!select) return select.error();
  statement& found = **select;
  const sqlite::reset_at_end reset{found};
  bind_page(found, *plan);
  int code = found.step();
  for (; code == SQLITE_ROW; code = found.step())
    page.rows.emplace_back(aggregate_id{found.integer(0)},
                           encode_row(shape_.columns, row_of(found, 1)));
  if (code != SQLITE_DONE) return file_->failure(code, "read");
  return page;
}

/// By the filter with the fewest rows; SQLite would take the first one, however many it has.
result<list_path> sqlite_view_file::narrowest(const list_plan& plan) {
  list_path by;
  if (plan.key || plan.matches.size() < 2) return by;
  std::uint64_t least = probe_max + 1;
  for (std::size_t i = 0; i < plan.matches.size(); ++i) {
    const auto probe = file_->prepared("SELECT count(*) FROM (SELECT 1 FROM " + shape_.table +
                                       " WHERE " + shape_.quoted[plan.matches[i].column] +
                                       " IS ?1 LIMIT " + std::to_string(probe_max) + ")");
    if (!probe) return probe.error();
    const sqlite::reset_at_end reset{**probe};
    bind_value(**probe, 1, plan.matches[i].wanted);
    if (const int code = (*probe)->step(); code != SQLITE_ROW) return file_->failure(code, "read");
    if ((*probe)->unsigned_integer(0) >= least) continue;
    least = (*probe)->unsigned_integer(0);
    by.match = i;
  }
  return by;
}

result<std::uint64_t> sqlite_view_file::count(const list_plan& plan, const list_path& by) {
  const bool whole = !plan.key && !plan.after; // only of these the number is kept
  if (plan.matches.empty() && whole) return rows_;
  if (whole)
    if (const auto known = counts_.find(plan.matches)) return *known;
  const auto select =
      file_->prepared("SELECT count(*) FROM " + shape_.table + sql_of(plan, table(), by).condition);
  if (!select) return select.error();
  statement& counting = **select;
  const sqlite::reset_at_end reset{counting};
  (void)bind_condition(counting, plan);
  (void)counting.work();
  if (const int code = counting.step(); code != SQLITE_ROW) return file_->failure(code, "read");
  const std::uint64_t number = counting.unsigned_integer(0);
  if (whole && counting.work() >= work_worth_keeping) counts_.keep(plan.matches, number);
  return number;
}

} // namespace troupe
