#include "persistence/audit_journal.hpp"
#include "persistence/data_folder.hpp"
#include "persistence/sqlite_db.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace troupe {

namespace fs = std::filesystem;
using sqlite::connection;
using sqlite::open_mode;
using sqlite::reset_at_end;
using sqlite::statement;

namespace {

constexpr std::int64_t format = 1;

/// TRUNCATE: one file when nobody writes, so that it can be read and copied like any other; an
/// operator's verb has time for the two syncs.
constexpr const char* settings = "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL;"
                                 "PRAGMA cache_size = -256";

constexpr const char* tables =
    "CREATE TABLE IF NOT EXISTS entries("
    "position INTEGER PRIMARY KEY AUTOINCREMENT, time_ms INTEGER NOT NULL, who TEXT NOT NULL,"
    "peer TEXT NOT NULL, role TEXT NOT NULL, verb TEXT NOT NULL, arguments TEXT NOT NULL,"
    "result TEXT NOT NULL) STRICT;"
    "PRAGMA user_version = 1";

class sqlite_audit_journal final : public audit_journal {
public:
  sqlite_audit_journal(connection db, audit_limits limits) : db_(std::move(db)), limits_(limits) {}

  /// Once, before anything else.
  result<void> prepare() {
    const std::pair<const char*, statement*> wanted[] = {
        {"INSERT INTO entries(time_ms, who, peer, role, verb, arguments, result)"
         " VALUES(?1, ?2, ?3, ?4, ?5, ?6, '')",
         &insert_},
        {"UPDATE entries SET result = ?2 WHERE position = ?1 AND result = ''", &end_},
        {"SELECT position, time_ms, who, peer, role, verb, arguments, result FROM entries"
         " WHERE position > ?1 ORDER BY position LIMIT ?2",
         &read_},
        {"SELECT seq FROM sqlite_sequence WHERE name = 'entries'", &head_},
        {"SELECT (SELECT min(position) FROM entries), (SELECT max(position) FROM entries)", &ends_},
        {"SELECT (SELECT page_count FROM pragma_page_count()) -"
         " (SELECT freelist_count FROM pragma_freelist_count())",
         &pages_},
        {"DELETE FROM entries WHERE position < ?1", &drop_}};
    for (const auto& [sql, to] : wanted)
      if (const int code = db_.prepare(sql, *to); code != SQLITE_OK)
        return db_.failure(code, "read");
    return {};
  }

  result<void> begin(std::span<audit_entry> entries) override {
    const int code = db_.transaction([&] {
      for (audit_entry& each : entries) {
        insert_.bind(1, each.time_ms).bind_text(2, each.who).bind_text(3, each.from);
        insert_.bind_text(4, each.role).bind_text(5, each.verb).bind_text(6, each.arguments);
        if (const int failed = insert_.run(); failed != SQLITE_OK) return failed;
        each.position = static_cast<std::uint64_t>(sqlite3_last_insert_rowid(db_.handle()));
      }
      return make_room();
    });
    return written(code);
  }

  result<void> end(std::span<const audit_end> ends) override {
    const int code = db_.transaction([&] {
      for (const audit_end& each : ends) {
        const int failed = end_.bind(1, each.position).bind_text(2, each.result).run();
        if (failed != SQLITE_OK) return failed;
      }
      return SQLITE_OK;
    });
    return written(code);
  }

  result<std::vector<audit_entry>> after(std::uint64_t position, std::size_t limit) override {
    std::vector<audit_entry> found;
    const reset_at_end at_end{read_};
    read_.bind(1, position).bind(2, static_cast<std::uint64_t>(limit));
    int code = read_.step();
    for (; code == SQLITE_ROW; code = read_.step())
      found.push_back({read_.unsigned_integer(0), read_.integer(1), std::string{read_.text(2)},
                       std::string{read_.text(3)}, std::string{read_.text(4)},
                       std::string{read_.text(5)}, std::string{read_.text(6)},
                       std::string{read_.text(7)}});
    if (code != SQLITE_DONE) return db_.failure(code, "read");
    return found;
  }

  result<std::uint64_t> head() override {
    const reset_at_end at_end{head_};
    const int code = head_.step();
    if (code == SQLITE_DONE) return std::uint64_t{0};
    if (code != SQLITE_ROW) return db_.failure(code, "read");
    return head_.unsigned_integer(0);
  }

private:
  [[nodiscard]] result<void> written(int code) const {
    if (sqlite::is_failed_sync(code)) sqlite::die_of_failed_sync(db_.path(), "write");
    if (code != SQLITE_OK) return db_.failure(code, "write");
    return {};
  }

  /// The oldest tenth goes when there is too much; the pages are used again.
  int make_room() {
    std::int64_t count = 0, oldest = 0, pages = 0;
    {
      const reset_at_end at_end{ends_};
      if (const int code = ends_.step(); code != SQLITE_ROW) return code;
      oldest = ends_.integer(0);
      count = ends_.integer(1) - oldest + 1; // there are no gaps: only the oldest go
    }
    {
      const reset_at_end at_end{pages_};
      if (const int code = pages_.step(); code != SQLITE_ROW) return code;
      pages = pages_.integer(0);
    }
    constexpr std::uint64_t page_bytes = 4096;
    const auto entries = static_cast<std::uint64_t>(count);
    if (entries <= limits_.entries_max &&
        static_cast<std::uint64_t>(pages) * page_bytes <= limits_.bytes_max)
      return SQLITE_OK;
    return drop_.bind(1, oldest + std::max<std::int64_t>(count / 10, 1)).run();
  }

  connection db_;
  const audit_limits limits_;
  statement insert_, end_, read_, head_, ends_, pages_, drop_; ///< die before the connection
};

class failing_audit_journal final : public audit_journal {
public:
  explicit failing_audit_journal(error why) : why_(std::move(why)) {}
  result<void> begin(std::span<audit_entry>) override { return why_; }
  result<void> end(std::span<const audit_end>) override { return why_; }
  result<std::vector<audit_entry>> after(std::uint64_t, std::size_t) override { return why_; }
  result<std::uint64_t> head() override { return why_; }

private:
  const error why_;
};

result<std::int64_t> format_of(connection& db) {
  statement asked;
  int code = db.prepare("PRAGMA user_version", asked);
  if (code == SQLITE_OK) code = asked.step();
  if (code != SQLITE_ROW) return db.failure(code, "read");
  return asked.integer(0);
}

result<std::unique_ptr<audit_journal>> prepared(connection db, audit_limits limits) {
  auto made = std::make_unique<sqlite_audit_journal>(std::move(db), limits);
  if (auto done = made->prepare(); !done) return done.error();
  return std::unique_ptr<audit_journal>{std::move(made)};
}

error of_another_format(const fs::path& file) {
  return fail(errc::wrong_format,
              file.string() + " is no audit journal that this build can read: move it away");
}

} // namespace

fs::path audit_file(const fs::path& directory, const std::string& node) {
  return directory / (node + ".audit");
}

result<std::unique_ptr<audit_journal>> open_audit_journal(const fs::path& file,
                                                          audit_limits limits) {
  std::error_code unknown;
  const bool is_new = !fs::exists(file, unknown);
  auto db = connection::open(file, is_new ? open_mode::create : open_mode::read_write);
  if (!db) return db.error();
  if (const int code = db->execute(settings); code != SQLITE_OK) return db->failure(code, "open");
  // A crash may have come between the file and its tables, so they are made where they are missing.
  const auto found = format_of(*db);
  if (!found) return found.error();
  if (*found != 0 && *found != format) return of_another_format(file);
  if (*found == 0)
    if (const int code = db->transaction([&] { return db->execute(tables); }); code != SQLITE_OK)
      return db->failure(code, "create");
  if (is_new)
    if (auto done = sync_data_folder(file.parent_path()); !done) return done.error();
  return prepared(std::move(*db), limits);
}

result<std::unique_ptr<audit_journal>> read_audit_journal(const fs::path& file) {
  auto db = connection::open(file, open_mode::read_only);
  if (!db) return db.error();
  const auto found = format_of(*db);
  if (!found) return found.error();
  if (*found != format) return of_another_format(file);
  return prepared(std::move(*db), {});
}

std::unique_ptr<audit_journal> audit_journal_that_fails(error why) {
  return std::make_unique<failing_audit_journal>(std::move(why));
}

} // namespace troupe
