#include "persistence/sqlite_journal.hpp"

#include "persistence/data_folder.hpp"
#include "persistence/sqlite_journal_file.hpp"
#include "seams/clock.hpp"

#include <sqlite3.h>

#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace troupe {

namespace fs = std::filesystem;
using sqlite::statement;

namespace {

constexpr std::size_t checksum_bytes = 8;
/// A frame of the write-ahead log: its header and one page.
constexpr std::uint64_t wal_frame_bytes = 24 + 4096;
/// The free space is asked for this often, and again after writing this much.
constexpr auto space_asked_every = std::chrono::milliseconds{100};
constexpr std::uint64_t space_asked_bytes = 1024 * 1024;
/// Pages round a batch up, and the tree's inner pages come on top: twice the bytes is never less
/// than what a commit really takes.
constexpr std::uint64_t space_per_byte = 2;

std::uint64_t checksum_of(std::string_view record, std::uint64_t index) {
  return content_hash(record, index);
}

void put_checksum(std::string& to, std::uint64_t checksum) {
  for (unsigned shift = 0; shift < 64; shift += 8)
    to.push_back(static_cast<char>(checksum >> shift));
}

std::uint64_t get_checksum(std::string_view stored) {
  std::uint64_t checksum = 0;
  for (unsigned i = 0; i < checksum_bytes; ++i)
    checksum |= static_cast<std::uint64_t>(static_cast<unsigned char>(stored[i])) << (8U * i);
  return checksum;
}

int remember_wal_pages(void* pages_of_journal, sqlite3*, const char*, int pages) {
  *static_cast<int*>(pages_of_journal) = pages;
  return SQLITE_OK;
}

} // namespace

result<std::unique_ptr<sqlite_journal>> sqlite_journal::open(const sqlite_options& options,
                                                             const journal_identity& who) {
  const auto path = data_file(options.directory, who, "journal");
  if (!path) return path.error();
  if (auto done = make_data_folder(options.directory); !done) return done.error();
  auto lock = file_lock::take(path->string() + ".lock", describe_file("journal", who), who.node);
  if (!lock) return lock.error();
  std::error_code why;
  if (!fs::exists(*path, why) && !why)
    if (auto done = make_journal_file(*path, who, options); !done) return done.error();
  auto db = open_journal_file(*path, who, options);
  if (!db) return db.error();
  std::unique_ptr<sqlite_journal> opened{
      new sqlite_journal{options, std::move(lock).value(), std::move(db).value()}};
  if (auto done = opened->prepare_statements(); !done) return done.error();
  if (auto done = opened->find_head(); !done) return done.error();
  if (auto done = opened->start_epoch(who.epoch); !done) return done.error();
  // SQLite ignores it when the directory entry of a new write-ahead log cannot be synced.
  if (auto done = sync_data_folder(options.directory); !done) return done.error();
  return opened;
}

sqlite_journal::~sqlite_journal() {
  // The next opening is quicker without a log to recover; nothing is lost if this fails.
  if (failed_why_.empty() && wal_pages_ > checkpointed_pages_) (void)run_checkpoint();
}

result<void> sqlite_journal::prepare_statements() {
  const std::array<std::pair<const char*, statement*>, 6> wanted = {{
      {"BEGIN IMMEDIATE", &begin_},
      {"COMMIT", &commit_},
      {"SELECT value FROM meta WHERE key = 'epoch'", &epoch_of_file_},
      {"INSERT INTO log(idx, body) VALUES(?1, ?2)", &insert_},
      {"SELECT body FROM log WHERE idx = ?1", &one_},
      {"SELECT idx, body FROM log WHERE idx BETWEEN ?1 AND ?2 ORDER BY idx", &range_},
  }};
  for (const auto& [sql, to] : wanted) {
    const int code = db_.prepare(sql, *to);
    if (code == SQLITE_ERROR) return fail(errc::corrupt, db_.path().string() + " lacks its log");
    if (code != SQLITE_OK) return failure(code, "open");
  }
  (void)sqlite3_wal_hook(db_.handle(), remember_wal_pages, &wal_pages_);
  return {};
}

/// A second owner between reading and writing is impossible: both happen in one transaction. What a
/// granted epoch finds is told apart afterwards, when nobody can change it any more.
result<void> sqlite_journal::start_epoch(epoch_number granted) {
  statement raise;
  int code = db_.prepare("UPDATE meta SET value = CASE ?1 WHEN 0 THEN value + 1 ELSE ?1 END "
                         "WHERE key = 'epoch' AND (?1 = 0 OR value < ?1)",
                         raise);
  if (code == SQLITE_OK) code = db_.transaction([&] { return raise.bind(1, granted.value).run(); });
  if (code != SQLITE_OK) return failure(code, "start an epoch of");
  const auto epoch = journal_meta(db_, "epoch");
  if (!epoch) return epoch.error();
  epoch_.value = static_cast<std::uint64_t>(*epoch);
  if (granted.value != 0 && epoch_ != granted)
    return fail(errc::fenced, db_.path().string() + " is owned by epoch " +
                                  std::to_string(epoch_.value) + ", this opening was granted " +
                                  std::to_string(granted.value));
  const auto made_id = journal_meta(db_, "made_id");
  if (!made_id) return made_id.error();
  presence_->made_id = *made_id;
  return {};
}

result<void> sqlite_journal::find_head() {
  statement ends;
  int code = db_.prepare("SELECT (SELECT min(idx) FROM log), (SELECT max(idx) FROM log)", ends);
  if (code == SQLITE_OK) code = ends.step();
  if (code != SQLITE_ROW) return failure(code, "read");
  if (ends.is_null(1)) return {};
  if (ends.integer(0) != 1)
    return fail(errc::corrupt, db_.path().string() + " begins with record " +
                                   std::to_string(ends.integer(0)) + " instead of 1");
  head_.value = ends.unsigned_integer(1);
  presence_->head.store(head_.value, std::memory_order_relaxed);
  // The newest record is the one a crash can have harmed.
  if (auto newest = read(head_); !newest) return newest.error();
  return {};
}

error sqlite_journal::failure(int code, std::string_view doing) const {
  if (sqlite::is_failed_sync(code)) sqlite::die_of_failed_sync(db_.path(), doing);
  return db_.failure(code, doing);
}

result<void> sqlite_journal::commit(std::span<const std::string_view> bodies) {
  if (bodies.empty()) throw std::logic_error("a commit without records");
  if (!failed_why_.empty()) return fail(errc::storage_failed, failed_why_);
  std::size_t bytes = 0;
  for (const std::string_view body : bodies)
    bytes += body.size() + checksum_bytes;
  if (auto done = check_space(bytes * space_per_byte); !done) return done;
  if (auto done = append_all(bodies); !done) return done;
  const int code = commit_.run();
  if (code == SQLITE_OK) {
    head_.value += bodies.size();
    presence_->head.store(head_.value, std::memory_order_relaxed);
    return {};
  }
  if (sqlite::is_full(code)) return not_written(code, "commit to");
  const error cause = failure(code, "commit to");
  failed_why_ =
      "the outcome of an earlier commit is unknown until the journal is reopened: " + cause.message;
  return fail(errc::outcome_unknown, cause.message);
}

/// Asks seldom, because the question costs a system call and the reserve is far larger than what
/// can be written in between.
result<void> sqlite_journal::check_space(std::size_t bytes) {
  const auto now = options_.time->monotonic();
  const bool enough = free_bytes_ >= options_.reserve_bytes + bytes;
  if (!enough || bytes > space_asked_bytes || now - space_asked_at_ >= space_asked_every) {
    const auto free = free_bytes(options_.directory);
    if (!free) return free.error();
    free_bytes_ = *free;
    space_asked_at_ = now;
    if (free_bytes_ < options_.reserve_bytes)
      return fail(errc::storage_full, "only " + std::to_string(free_bytes_) +
                                          " bytes are free in " + options_.directory.string() +
                                          "; commits stop below " +
                                          std::to_string(options_.reserve_bytes));
  }
  free_bytes_ -= std::min<std::uint64_t>(free_bytes_, bytes);
  return {};
}

/// Everything up to COMMIT. A failure here has written nothing.
result<void> sqlite_journal::append_all(std::span<const std::string_view> bodies) {
  if (const int code = begin_.run(); code != SQLITE_OK) return not_written(code, "begin in");
  if (auto done = check_epoch(); !done) return done;
  std::uint64_t index = head_.value;
  for (const std::string_view body : bodies) {
    const int code = append(body, ++index);
    if (code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID) {
      (void)db_.roll_back();
      return fail(errc::fenced, db_.path().string() + " already has a record " +
                                    std::to_string(index) + ": another owner wrote it");
    }
    if (code != SQLITE_OK) return not_written(code, "append to");
  }
  return {};
}

int sqlite_journal::append(std::string_view body, std::uint64_t index) {
  body_.clear();
  put_checksum(body_, checksum_of(body, index));
  body_.append(body);
  return insert_.bind(1, index).bind_blob(2, body_).run();
}

/// The fence: the epoch is compared inside the transaction that appends (design P3).
result<void> sqlite_journal::check_epoch() {
  const int code = epoch_of_file_.step();
  const std::uint64_t found = code == SQLITE_ROW ? epoch_of_file_.unsigned_integer(0) : 0;
  epoch_of_file_.reset();
  if (code != SQLITE_ROW)
    return not_written(code == SQLITE_DONE ? SQLITE_CORRUPT : code, "read the epoch of");
  if (found == epoch_.value) return {};
  (void)db_.roll_back();
  return fail(errc::fenced, db_.path().string() + " is owned by epoch " + std::to_string(found) +
                                ", this is epoch " + std::to_string(epoch_.value));
}

result<void> sqlite_journal::not_written(int code, std::string_view doing) {
  const error cause = failure(code, doing);
  const bool usable = db_.roll_back();
  free_bytes_ = 0; // ask again before the next commit
  const bool passes = sqlite::is_full(code) || (code & 0xff) == SQLITE_BUSY;
  if (!usable || !passes)
    failed_why_ = "the journal must be reopened after an earlier failure: " + cause.message;
  return cause;
}

result<std::string_view> sqlite_journal::verified(record_index at, std::string_view stored) const {
  if (stored.size() >= checksum_bytes) {
    const std::string_view record = stored.substr(checksum_bytes);
    if (get_checksum(stored) == checksum_of(record, at.value)) return record;
  }
  return fail(errc::corrupt, "record " + std::to_string(at.value) + " of " + db_.path().string() +
                                 " does not match its checksum");
}

result<std::string> sqlite_journal::read(record_index at) {
  const sqlite::reset_at_end done{one_};
  const int code = one_.bind(1, at.value).step();
  if (code == SQLITE_DONE) {
    if (at.value == 0 || at > head_)
      return fail(errc::not_found,
                  db_.path().string() + " has no record " + std::to_string(at.value));
    return fail(errc::corrupt, "record " + std::to_string(at.value) + " of " + db_.path().string() +
                                   " is missing");
  }
  if (code != SQLITE_ROW) return failure(code, "read");
  const auto record = verified(at, one_.blob(0));
  if (!record) return record.error();
  return std::string{*record};
}

result<void> sqlite_journal::scan(record_index from, const visitor& visit) {
  if (!range_.busy()) return scan_with(range_, from, visit);
  statement nested; // a visitor may scan too
  const int code =
      db_.prepare("SELECT idx, body FROM log WHERE idx BETWEEN ?1 AND ?2 ORDER BY idx", nested);
  return code == SQLITE_OK ? scan_with(nested, from, visit) : failure(code, "read");
}

result<void> sqlite_journal::scan_with(statement& rows, record_index from, const visitor& visit) {
  const std::uint64_t last = head_.value; // what a visitor commits is not part of this scan
  std::uint64_t expected = std::max<std::uint64_t>(from.value, 1);
  const sqlite::reset_at_end done{rows};
  rows.bind(1, expected).bind(2, last);
  int code = rows.step();
  for (; code == SQLITE_ROW; code = rows.step(), ++expected) {
    if (rows.unsigned_integer(0) != expected) break;
    const auto record = verified({expected}, rows.blob(1));
    if (!record) return record.error();
    if (!visit({expected}, *record)) return {};
  }
  if (code != SQLITE_ROW && code != SQLITE_DONE) return failure(code, "read");
  if (expected <= last)
    return fail(errc::corrupt, "record " + std::to_string(expected) + " of " + db_.path().string() +
                                   " is missing");
  return {};
}

result<void> sqlite_journal::checkpoint(bool urgent) {
  if (!failed_why_.empty()) return fail(errc::storage_failed, failed_why_);
  const std::uint64_t limit = urgent ? options_.checkpoint_urgent_bytes : options_.checkpoint_bytes;
  if (wal_pages_ < checkpointed_pages_) checkpointed_pages_ = 0; // the log began from its start
  const auto waiting = static_cast<std::uint64_t>(wal_pages_ - checkpointed_pages_);
  if (waiting * wal_frame_bytes <= limit) return {};
  return run_checkpoint();
}

/// PASSIVE never waits. Once all of the log is in the main file the next commit begins the log from
/// its start, so it stays as long as it was at its longest, and `journal_size_limit` cuts that.
result<void> sqlite_journal::run_checkpoint() {
  int pages = 0;
  int moved = 0;
  const int code =
      sqlite3_wal_checkpoint_v2(db_.handle(), "main", SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
  if (code == SQLITE_OK) {
    wal_pages_ = pages;
    checkpointed_pages_ = moved;
    return {};
  }
  if ((code & 0xff) == SQLITE_BUSY) return {}; // a reader holds it up; the next call tries again
  return failure(code, "checkpoint");          // the records stay safe in the log
}

result<void> sqlite_journal::probe() {
  if (!failed_why_.empty()) return fail(errc::storage_failed, failed_why_);
  // Without a reserve a disk is called full as long as it has no room for one small commit.
  constexpr std::uint64_t small_commit_bytes = 64 * 1024;
  const auto free = free_bytes(options_.directory);
  if (!free) return free.error();
  const std::uint64_t wanted = std::max(options_.reserve_bytes, small_commit_bytes);
  if (*free < wanted)
    return fail(errc::storage_full, "only " + std::to_string(*free) + " bytes are free in " +
                                        options_.directory.string() + "; " +
                                        std::to_string(wanted) + " are needed");
  return {};
}

std::uint64_t sqlite_journal::bytes_on_disk() const {
  return database_bytes(db_.path());
}

} // namespace troupe
