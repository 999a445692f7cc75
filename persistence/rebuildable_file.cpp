#include "persistence/rebuildable_file.hpp"

#include "persistence/data_folder.hpp"

#include <sqlite3.h>

#include <system_error>

namespace troupe {

using sqlite::connection;
using sqlite::open_mode;
using sqlite::statement;

namespace {

/// Prepared statements kept per file: lists have one per combination of filters that is in use.
constexpr std::size_t statements_max = 64;
/// The write-ahead log is moved into the file after this many pages (4 MB).
constexpr int checkpoint_pages = 1000;

/// Key of `_meta` in a file that was built beside another: it is whole and may take its place.
constexpr std::string_view whole_key = "whole";

std::filesystem::path beside(const std::filesystem::path& path) {
  return path.string() + ".rebuild";
}

int remember_wal_pages(void* pages_of_file, sqlite3*, const char*, int pages) {
  *static_cast<int*>(pages_of_file) = pages;
  return SQLITE_OK;
}

} // namespace

result<std::unique_ptr<rebuildable_file>> rebuildable_file::open(const wish& wanted,
                                                                 file_lock lock) {
  std::unique_ptr<rebuildable_file> opened{new rebuildable_file{wanted, std::move(lock)}};
  if (auto done = opened->settle_leftover(); !done) return done.error();
  std::error_code why;
  const bool found = std::filesystem::exists(wanted.path, why);
  if (opened->reuse()) return opened;
  if (found && opened->remade_.empty()) opened->remade_ = "its file is damaged";
  if (auto done = opened->make_again(); !done) return done.error();
  return opened;
}

rebuildable_file::~rebuildable_file() {
  statements_.clear();
  db_.close();
  if (damaged_ || beside_) (void)remove_database(wish_.path);
}

/// What a crash left of a file beside this one. A whole one was about to take the place of the old
/// file, which is gone: so it does now. Anything else is deleted.
result<void> rebuildable_file::settle_leftover() const {
  std::error_code why;
  const auto leftover = beside(wish_.path);
  if (std::filesystem::exists(leftover, why) && !std::filesystem::exists(wish_.path, why)) {
    bool whole = false;
    {
      rebuildable_file found{{leftover, wish_.signature, wish_.schema}, file_lock{}};
      const auto mark = found.reuse() ? found.meta(whole_key) : result<std::int64_t>{0};
      whole = mark.ok() && *mark == 1 && found.seal().ok();
    }
    if (whole) return move_database(leftover, wish_.path);
  }
  return remove_database(leftover);
}

result<std::unique_ptr<rebuildable_file>> rebuildable_file::make_beside() const {
  // The lock of this file covers the one beside it.
  std::unique_ptr<rebuildable_file> made{
      new rebuildable_file{{beside(wish_.path), wish_.signature, wish_.schema}, file_lock{}}};
  made->beside_ = true;
  if (auto done = made->make_again(); !done) return done.error();
  // A crash takes it away anyhow, so nothing of it has to be durable before it is sealed.
  if (const int code = made->db_.execute("PRAGMA synchronous = OFF"); code != SQLITE_OK)
    return made->failure(code, "set up");
  return made;
}

result<void> rebuildable_file::replace_with(std::unique_ptr<rebuildable_file> filled) {
  if (auto done = filled->seal(); !done) return done;
  filled->beside_ = false;
  statements_.clear();
  db_.close();
  const auto moved = move_database(filled->wish_.path, wish_.path);
  wal_pages_ = 0;
  damaged_ = false;
  if (moved && reuse()) return {};
  if (auto done = make_again(); !done) return done;
  return moved ? fail(errc::storage_failed, "cannot read " + wish_.path.string() +
                                                " after it was rebuilt; it begins again, empty")
               : moved;
}

/// Marks the file as whole, makes all of it durable, its log moved into it, and closes it.
result<void> rebuildable_file::seal() {
  int pages = 0;
  int moved = 0;
  int code = db_.execute("PRAGMA synchronous = NORMAL");
  if (code == SQLITE_OK)
    if (auto done = set_meta(whole_key, 1); !done) return done;
  if (code == SQLITE_OK)
    code =
        sqlite3_wal_checkpoint_v2(db_.handle(), "main", SQLITE_CHECKPOINT_TRUNCATE, &pages, &moved);
  if (code != SQLITE_OK) return failure(code, "checkpoint");
  statements_.clear();
  db_.close();
  return {};
}

/// Whether there is a file of the wished kind. Everything that is not exactly that is made again:
/// telling a passing failure from damage is not worth it for what costs nothing but time.
bool rebuildable_file::reuse() {
  std::error_code why;
  if (!std::filesystem::exists(wish_.path, why)) return false;
  auto db = connection::open(wish_.path, open_mode::read_write);
  if (!db || settle(*db) != SQLITE_OK) return false;
  statement find;
  if (db->prepare("SELECT value FROM _meta WHERE key = 'signature'", find) != SQLITE_OK)
    return false;
  if (find.step() != SQLITE_ROW) return false;
  if (find.text(0) != wish_.signature) {
    remade_ = "its file has another structure than it should";
    return false;
  }
  find.reset();
  db_ = std::move(db).value();
  (void)sqlite3_wal_hook(db_.handle(), remember_wal_pages, &wal_pages_);
  return true;
}

result<void> rebuildable_file::make_again() {
  statements_.clear();
  db_.close();
  if (auto done = remove_database(wish_.path); !done) return done;
  damaged_ = false;
  wal_pages_ = 0;
  return make();
}

result<void> rebuildable_file::make() {
  auto db = connection::open(wish_.path, open_mode::create);
  if (!db) return db.error();
  int code = settle(*db);
  if (code == SQLITE_OK)
    code = db->transaction([&] {
      const int made = db->execute(
          "CREATE TABLE _meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;" + wish_.schema);
      statement sign;
      const int prepared = made != SQLITE_OK ? made
                                             : db->prepare("INSERT INTO _meta(key, value) "
                                                           "VALUES('signature', ?1)",
                                                           sign);
      return prepared != SQLITE_OK ? prepared : sign.bind_text(1, wish_.signature).run();
    });
  if (code != SQLITE_OK) return db->failure(code, "create");
  db_ = std::move(db).value();
  (void)sqlite3_wal_hook(db_.handle(), remember_wal_pages, &wal_pages_);
  return {};
}

/// It is closed only if it could neither be replaced nor made again.
result<void> rebuildable_file::ensure_open() {
  return db_.is_open() ? result<void>{} : make_again();
}

int rebuildable_file::settle(connection& db) {
  return db.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                    "PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = OFF;"
                    "PRAGMA cache_size = -2000; PRAGMA journal_size_limit = 16777216");
}

result<statement*> rebuildable_file::prepared(const std::string& sql) {
  if (auto done = ensure_open(); !done) return done.error();
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return &found->second;
  if (statements_.size() >= statements_max) statements_.clear();
  statement made;
  if (const int code = db_.prepare(sql, made); code != SQLITE_OK) return failure(code, "read");
  return &statements_.emplace(sql, std::move(made)).first->second;
}

result<void> rebuildable_file::transaction(std::string_view doing,
                                           const std::function<result<void>()>& body) {
  if (auto opened = ensure_open(); !opened) return opened;
  result<void> done;
  int code = db_.execute("BEGIN IMMEDIATE");
  if (code == SQLITE_OK) {
    done = body();
    if (done.ok()) code = db_.execute("COMMIT");
  }
  if (code != SQLITE_OK) done = failure(code, doing);
  if (!done.ok()) {
    if (!db_.roll_back()) damaged_ = true;
    return done;
  }
  // What is in the log is committed: a checkpoint that fails for want of space may come later.
  code = checkpoint_if_long();
  if (code != SQLITE_OK && !sqlite::is_full(code)) return failure(code, "checkpoint");
  return {};
}

int rebuildable_file::checkpoint_if_long() {
  if (wal_pages_ < checkpoint_pages) return SQLITE_OK;
  int pages = 0;
  int moved = 0;
  const int code =
      sqlite3_wal_checkpoint_v2(db_.handle(), "main", SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
  if ((code & 0xff) == SQLITE_BUSY) return SQLITE_OK;
  if (code == SQLITE_OK) wal_pages_ = 0;
  return code;
}

error rebuildable_file::failure(int code, std::string_view doing) {
  if (sqlite::is_failed_sync(code)) sqlite::die_of_failed_sync(wish_.path, doing);
  if (sqlite::is_corrupt(code)) damaged_ = true;
  return db_.failure(code, doing);
}

error rebuildable_file::damage(std::string_view what) {
  damaged_ = true;
  return fail(errc::corrupt, wish_.path.string() + ": " + std::string{what} +
                                 "; it is made again at the next opening");
}

result<std::int64_t> rebuildable_file::meta(std::string_view key) {
  const auto find = prepared("SELECT value FROM _meta WHERE key = ?1");
  if (!find) return find.error();
  statement& row = **find;
  const sqlite::reset_at_end reset{row};
  const int code = row.bind_text(1, key).step();
  if (code == SQLITE_DONE) return std::int64_t{0};
  if (code != SQLITE_ROW) return failure(code, "read");
  return row.integer(0);
}

result<void> rebuildable_file::set_meta(std::string_view key, std::int64_t number) {
  const auto put = prepared("INSERT OR REPLACE INTO _meta(key, value) VALUES(?1, ?2)");
  if (!put) return put.error();
  const int code = (*put)->bind_text(1, key).bind(2, number).run();
  if (code != SQLITE_OK) return failure(code, "write");
  return {};
}

void bind_value(statement& to, int parameter, const value& from) {
  if (const auto* whole = from.get_if<std::int64_t>())
    to.bind(parameter, *whole);
  else if (const auto* real = from.get_if<double>())
    to.bind(parameter, *real);
  else if (const auto* truth = from.get_if<bool>())
    to.bind(parameter, std::int64_t{*truth});
  else if (const auto* text = from.get_if<std::string>())
    to.bind_text(parameter, *text);
  else
    to.bind_null(parameter);
}

value read_value(const statement& from, int position, field_type type) {
  if (from.is_null(position)) return {};
  switch (type) {
  case field_type::integer:
    return from.integer(position);
  case field_type::real:
    return from.real(position);
  case field_type::boolean:
    return from.integer(position) != 0;
  case field_type::text:
    return from.text(position);
  }
  return {};
}

list_sql sql_of(const list_plan& plan, const listed_table& table, const list_path& by) {
  list_sql sql;
  int parameter = 1;
  const auto add = [&](const std::string& condition) {
    sql.condition += (sql.condition.empty() ? " WHERE " : " AND ") + condition;
  };
  if (!table.rows_wanted.empty()) add(table.rows_wanted);
  if (plan.key) add(table.key + " = ?" + std::to_string(parameter++));
  if (plan.after) add(table.key + " > ?" + std::to_string(parameter++));
  // IS rather than =, so that null finds the rows that have none; it uses the index all the same.
  // A plus before the column keeps SQLite from looking it up.
  for (std::size_t i = 0; i < plan.matches.size(); ++i)
    add((by.in_order || by.match.value_or(i) != i ? "+" : "") +
        table.columns[plan.matches[i].column] + " IS ?" + std::to_string(parameter++));
  const char* const direction = plan.descending ? " DESC" : "";
  sql.order = " ORDER BY ";
  // Among rows of one value and after the last equal value the key decides: pages are stable.
  if (plan.sort_column) sql.order += table.columns[*plan.sort_column] + direction + ", ";
  sql.order += table.key + direction + " LIMIT ?" + std::to_string(parameter) + " OFFSET ?" +
               std::to_string(parameter + 1);
  return sql;
}

int bind_condition(statement& to, const list_plan& plan) {
  int parameter = 1;
  if (plan.key) to.bind(parameter++, *plan.key);
  if (plan.after) to.bind(parameter++, *plan.after);
  for (const list_plan::match& each : plan.matches)
    bind_value(to, parameter++, each.wanted);
  return parameter;
}

void bind_page(statement& to, const list_plan& plan) {
  const int parameter = bind_condition(to, plan);
  to.bind(parameter, std::int64_t{plan.limit}).bind(parameter + 1, plan.skip);
}

} // namespace troupe
