#include "persistence/sqlite_journal_file.hpp"

#include "messages/ids.hpp"
#include "persistence/data_folder.hpp"
#include "seams/clock.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace troupe {

namespace fs = std::filesystem;
using sqlite::connection;
using sqlite::open_mode;
using sqlite::statement;

namespace {

int set_meta(connection& db, std::string_view key, std::int64_t number) {
  statement put;
  const int code = db.prepare("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)", put);
  return code != SQLITE_OK ? code : put.bind_text(1, key).bind(2, number).run();
}

int set_meta(connection& db, std::string_view key, std::string_view text) {
  statement put;
  const int code = db.prepare("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)", put);
  return code != SQLITE_OK ? code : put.bind_text(1, key).bind_text(2, text).run();
}

/// Tells two journals of the same name apart, so that what was derived from a lost one is not
/// believed beside its successor. Positive, because it is shown to people.
std::int64_t new_made_id(const fs::path& path, wall_ms now) {
  const std::uint64_t hash =
      content_hash(path.string() + std::to_string(::getpid()), static_cast<std::uint64_t>(now));
  return static_cast<std::int64_t>(hash >> 1U);
}

int write_made(connection& db, std::string_view node, std::int64_t at_ms, std::int64_t id) {
  int code = set_meta(db, "made_by", node);
  if (code == SQLITE_OK) code = set_meta(db, "made_at_ms", at_ms);
  if (code == SQLITE_OK) code = set_meta(db, "made_id", id);
  return code;
}

int fill_new_file(connection& db, const journal_identity& who, const clock& time) {
  int code = db.execute("CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
                        "CREATE TABLE log(idx INTEGER PRIMARY KEY, body BLOB NOT NULL)");
  if (code == SQLITE_OK) code = set_meta(db, "format", journal_format);
  if (code == SQLITE_OK) code = set_meta(db, "context", who.context);
  if (code == SQLITE_OK) code = set_meta(db, "shard", std::int64_t{who.shard.value});
  if (code == SQLITE_OK) code = set_meta(db, "shards", std::int64_t{who.shards});
  if (code == SQLITE_OK) code = set_meta(db, "epoch", std::int64_t{0});
  if (code == SQLITE_OK)
    code = write_made(db, who.node, time.wall(), new_made_id(db.path(), time.wall()));
  return code;
}

/// Format 0 did not say who made the file and when.
int migrate_0_to_1(connection& db, const journal_identity& who, const clock& time) {
  return write_made(db, "before format 1, migrated by " + who.node, time.wall(),
                    new_made_id(db.path(), time.wall()));
}

/// One step per format, each from the format of its place to the next.
using migration = int (*)(connection& db, const journal_identity& who, const clock& time);
constexpr std::array<migration, journal_format> migrations = {migrate_0_to_1};

error fatal_or(const connection& db, int code, std::string_view doing) {
  if (sqlite::is_failed_sync(code)) sqlite::die_of_failed_sync(db.path(), doing);
  return db.failure(code, doing);
}

result<void> migrate(connection& db, std::int64_t from, const journal_identity& who,
                     const clock& time) {
  const int code = db.transaction([&] {
    int step_code = SQLITE_OK;
    for (std::int64_t at = from; at < journal_format && step_code == SQLITE_OK; ++at)
      step_code = migrations[static_cast<std::size_t>(at)](db, who, time);
    return step_code == SQLITE_OK ? set_meta(db, "format", journal_format) : step_code;
  });
  if (code != SQLITE_OK) return fatal_or(db, code, "migrate");
  return {};
}

result<void> check_owner(connection& db, const journal_identity& who) {
  statement find;
  if (const int code = db.prepare("SELECT value FROM meta WHERE key = 'context'", find); code != 0)
    return db.failure(code, "read");
  if (find.step() != SQLITE_ROW)
    return fail(errc::corrupt, db.path().string() + " names no context");
  const std::string context{find.text(0)};
  const auto shard = journal_meta(db, "shard");
  if (!shard) return shard.error();
  const auto shards = journal_meta(db, "shards");
  if (!shards) return shards.error();
  if (context == who.context && *shard == who.shard.value && *shards == who.shards) return {};
  return fail(errc::wrong_owner,
              db.path().string() + " belongs to " + context + " shard " + std::to_string(*shard) +
                  " of " + std::to_string(*shards) + ", not to " + who.context + " shard " +
                  std::to_string(who.shard.value) + " of " + std::to_string(who.shards));
}

result<void> check_format(connection& db, const journal_identity& who, const clock& time) {
  const auto format = journal_meta(db, "format");
  if (!format) return format.error();
  if (*format > journal_format || *format < 0)
    return fail(errc::wrong_format, db.path().string() + " has journal format " +
                                        std::to_string(*format) + "; this version knows up to " +
                                        std::to_string(journal_format) + ": use a newer one");
  // Whose file it is comes before changing anything in it.
  if (auto done = check_owner(db, who); !done) return done;
  return *format < journal_format ? migrate(db, *format, who, time) : result<void>{};
}

} // namespace

result<std::int64_t> journal_meta(connection& db, std::string_view key) {
  statement find;
  if (const int code = db.prepare("SELECT value FROM meta WHERE key = ?1", find); code != SQLITE_OK)
    // A database without the table is no journal: what fails is not SQLite but the file.
    return code == SQLITE_ERROR ? fail(errc::corrupt, db.path().string() + " is not a journal")
                                : db.failure(code, "read");
  const int code = find.bind_text(1, key).step();
  if (code == SQLITE_ROW && find.is_integer(0)) return find.integer(0);
  if (code == SQLITE_ROW || code == SQLITE_DONE)
    return fail(errc::corrupt, db.path().string() + " lacks its " + std::string{key});
  return db.failure(code, "read");
}

result<void> make_journal_file(const fs::path& path, const journal_identity& who,
                               const sqlite_options& options) {
  const fs::path making = path.string() + ".making";
  if (auto done = remove_database(making); !done) return done;
  {
    auto db = connection::open(making, open_mode::create);
    if (!db) return db.error();
    int code = db->execute("PRAGMA page_size = 4096; PRAGMA synchronous = FULL");
    if (code == SQLITE_OK)
      code = db->transaction([&] { return fill_new_file(*db, who, *options.time); });
    if (code != SQLITE_OK) return fatal_or(*db, code, "create");
  }
  if (::rename(making.c_str(), path.c_str()) != 0)
    return fail(errc::storage_failed,
                "cannot rename " + making.string() + ": " + std::strerror(errno));
  return sync_data_folder(path.parent_path());
}

result<connection> open_journal_file(const fs::path& path, const journal_identity& who,
                                     const sqlite_options& options) {
  auto db = connection::open(path, open_mode::read_write);
  if (!db) return db;
  // Read something first: it is here that SQLite finds out whether the file is a database.
  if (const auto format = journal_meta(*db, "format"); !format) return format.error();
  int keep = 1;
  (void)sqlite3_file_control(db->handle(), "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
  const int code = db->execute(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
      // Appends and follows chains of single rows: a cache beyond the system's own earns nothing.
      "PRAGMA cache_size = -256; PRAGMA secure_delete = OFF; PRAGMA journal_size_limit = " +
      std::to_string(2 * options.checkpoint_urgent_bytes));
  if (code != SQLITE_OK) return fatal_or(*db, code, "open");
  if (auto done = check_format(*db, who, *options.time); !done) return done.error();
  return db;
}

} // namespace troupe
