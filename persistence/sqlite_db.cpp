#include "persistence/sqlite_db.hpp"

#include "persistence/storage.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace troupe::sqlite {

statement& statement::operator=(statement&& other) noexcept {
  if (this != &other) {
    sqlite3_finalize(prepared_);
    prepared_ = other.prepared_;
    other.prepared_ = nullptr;
  }
  return *this;
}

statement::~statement() {
  sqlite3_finalize(prepared_);
}

// Binding can only fail for a parameter that the SQL does not have or for more than 1 GB; both
// surface as an error of the step that follows, so the codes are not looked at here.
statement& statement::bind(int parameter, std::int64_t number) {
  (void)sqlite3_bind_int64(prepared_, parameter, number);
  return *this;
}

statement& statement::bind(int parameter, std::uint64_t number) {
  return bind(parameter, static_cast<std::int64_t>(number));
}

statement& statement::bind(int parameter, double number) {
  (void)sqlite3_bind_double(prepared_, parameter, number);
  return *this;
}

statement& statement::bind_text(int parameter, std::string_view text) {
  const char* const begin = text.data() == nullptr ? "" : text.data();
  (void)sqlite3_bind_text64(prepared_, parameter, begin, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

statement& statement::bind_blob(int parameter, std::string_view bytes) {
  const char* const begin = bytes.data() == nullptr ? "" : bytes.data();
  (void)sqlite3_bind_blob64(prepared_, parameter, begin, bytes.size(), SQLITE_STATIC);
  return *this;
}

statement& statement::bind_null(int parameter) {
  (void)sqlite3_bind_null(prepared_, parameter);
  return *this;
}

int statement::step() {
  return sqlite3_step(prepared_);
}

int statement::run() {
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW)
    code = sqlite3_step(prepared_);
  (void)sqlite3_reset(prepared_); // repeats the code of the step
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

void statement::reset() {
  (void)sqlite3_reset(prepared_);
}

bool statement::busy() const {
  return sqlite3_stmt_busy(prepared_) != 0;
}

int statement::work() {
  return sqlite3_stmt_status(prepared_, SQLITE_STMTSTATUS_VM_STEP, 1);
}

std::int64_t statement::integer(int column) const {
  return sqlite3_column_int64(prepared_, column);
}

std::uint64_t statement::unsigned_integer(int column) const {
  return static_cast<std::uint64_t>(integer(column));
}

double statement::real(int column) const {
  return sqlite3_column_double(prepared_, column);
}

std::string_view statement::text(int column) const {
  const auto* const begin = reinterpret_cast<const char*>(sqlite3_column_text(prepared_, column));
  if (begin == nullptr) return {};
  return {begin, static_cast<std::size_t>(sqlite3_column_bytes(prepared_, column))};
}

std::string_view statement::blob(int column) const {
  const auto* const begin = static_cast<const char*>(sqlite3_column_blob(prepared_, column));
  if (begin == nullptr) return {};
  return {begin, static_cast<std::size_t>(sqlite3_column_bytes(prepared_, column))};
}

bool statement::is_null(int column) const {
  return sqlite3_column_type(prepared_, column) == SQLITE_NULL;
}

bool statement::is_integer(int column) const {
  return sqlite3_column_type(prepared_, column) == SQLITE_INTEGER;
}

namespace {

/// How long to wait for a lock that only a foreign tool can hold: our own files have one writer.
constexpr int busy_wait_ms = 1000;

bool harden(sqlite3* db) {
  (void)sqlite3_extended_result_codes(db, 1);
  (void)sqlite3_busy_timeout(db, busy_wait_ms);
  return sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr) == SQLITE_OK &&
         sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr) == SQLITE_OK &&
         sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr) == SQLITE_OK &&
         sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr) == SQLITE_OK &&
         sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr) == SQLITE_OK &&
         // A checkpoint during close could fail unseen; whoever wants one runs it before.
         sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr) == SQLITE_OK;
}

/// SQLite gives its write-ahead log the mode of the database file, so only this one is made by us.
result<void> make_private_file(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) {
    const int why = errno;
    const errc code = why == ENOSPC || why == EDQUOT ? errc::storage_full : errc::storage_failed;
    return fail(code, "cannot create " + path.string() + ": " + std::strerror(why));
  }
  ::close(file);
  return {};
}

} // namespace

connection& connection::operator=(connection&& other) noexcept {
  if (this != &other) {
    close();
    db_ = other.db_;
    other.db_ = nullptr;
    path_ = std::move(other.path_);
  }
  return *this;
}

result<connection> connection::open(const std::filesystem::path& path, open_mode mode) {
  if (mode == open_mode::create)
    if (auto made = make_private_file(path); !made) return made.error();
  const int access = mode == open_mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  connection opened;
  opened.path_ = path;
  const int code = sqlite3_open_v2(
      path.c_str(), &opened.db_,
      access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE, nullptr);
  if (code != SQLITE_OK) return opened.failure(code, "open");
  if (!harden(opened.db_)) return fail(errc::internal, "this SQLite lacks a needed safety switch");
  return opened;
}

void connection::close() {
  if (db_ == nullptr) return;
  (void)sqlite3_close_v2(db_);
  db_ = nullptr;
}

int connection::execute(const std::string& sql) {
  return sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
}

int connection::prepare(std::string_view sql, statement& to) {
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
  to = statement{prepared};
  return code;
}

bool connection::roll_back() {
  if (sqlite3_get_autocommit(db_) != 0) return true;
  return sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK;
}

std::int64_t connection::changes() const {
  return sqlite3_changes64(db_);
}

error connection::failure(int code, std::string_view doing) const {
  errc meaning = errc::storage_failed;
  if (is_full(code))
    meaning = errc::storage_full;
  else if (is_corrupt(code))
    meaning = errc::corrupt;
  std::string message = "cannot " + std::string{doing} + " " + path_.string() + ": " +
                        sqlite3_errstr(code) + " (SQLite " + std::to_string(code) + ")";
  if (db_ != nullptr)
    if (const int why = sqlite3_system_errno(db_); why != 0)
      message += std::string{", "} + std::strerror(why);
  return fail(meaning, std::move(message));
}

bool is_full(int code) {
  return (code & 0xff) == SQLITE_FULL;
}

bool is_corrupt(int code) {
  return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

bool is_failed_sync(int code) {
  return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

void die_of_failed_sync(const std::filesystem::path& path, std::string_view doing) {
  (void)std::fprintf(stderr,
                     "troupe: syncing %s failed while the process tried to %.*s; what the kernel "
                     "dropped cannot be written again, so the process ends now (exit code %d)\n",
                     path.c_str(), static_cast<int>(doing.size()), doing.data(),
                     failed_sync_exit_code);
  std::_Exit(failed_sync_exit_code);
}

std::string sql_name(std::string_view identifier) {
  std::string sql = "\"";
  for (const char each : identifier)
    sql.append(each == '"' ? 2 : 1, each);
  return sql + '"';
}

} // namespace troupe::sqlite
