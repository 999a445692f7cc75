#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

/// SQLite's connection and statement as values that clean up after themselves. Private to this
/// folder. Codes are SQLite's extended result codes: what a code means differs between a journal,
/// where a failed commit has an unknown outcome, and a derived file, which is simply made again.
namespace troupe::sqlite {

/// A prepared statement. Bound bytes are not copied and must live until `run` or `reset`.
class statement {
public:
  statement() = default;
  explicit statement(sqlite3_stmt* prepared) : prepared_(prepared) {}
  statement(statement&& other) noexcept : prepared_(other.prepared_) { other.prepared_ = nullptr; }
  statement& operator=(statement&& other) noexcept;
  statement(const statement&) = delete;
  statement& operator=(const statement&) = delete;
  ~statement();

  /// Parameters count from 1.
  statement& bind(int parameter, std::int64_t number);
  statement& bind(int parameter, std::uint64_t number);
  statement& bind(int parameter, double number);
  statement& bind_text(int parameter, std::string_view text);
  statement& bind_blob(int parameter, std::string_view bytes);
  statement& bind_null(int parameter);

  /// SQLITE_ROW, SQLITE_DONE or an error. After anything but a row the statement must be reset.
  [[nodiscard]] int step();
  /// Steps to the end and resets; SQLITE_OK or an error. Rows are skipped.
  [[nodiscard]] int run();
  void reset();
  /// Whether rows of it are still being read.
  [[nodiscard]] bool busy() const;
  /// Steps of SQLite's machine since the last call: how much work it was, on any computer.
  [[nodiscard]] int work();

  /// Columns of the current row count from 0; views live until the next step or reset.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::uint64_t unsigned_integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::string_view blob(int column) const;
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] bool is_integer(int column) const;

private:
  sqlite3_stmt* prepared_ = nullptr;
};

/// Resets a statement at the end of a scope, also when the reader returns early.
class reset_at_end {
public:
  explicit reset_at_end(statement& owner) : owner_(owner) {}
  ~reset_at_end() { owner_.reset(); }
  reset_at_end(const reset_at_end&) = delete;
  reset_at_end& operator=(const reset_at_end&) = delete;

private:
  statement& owner_;
};

enum class open_mode : std::uint8_t { read_only, read_write, create };

/// A connection, hardened (no extensions, defensive, untrusted schema), for one thread at a time.
class connection {
public:
  connection() = default;
  connection(connection&& other) noexcept : db_(other.db_), path_(std::move(other.path_)) {
    other.db_ = nullptr;
  }
  connection& operator=(connection&& other) noexcept;
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() { close(); }

  /// `create` makes the file with mode 0600; the folder must exist.
  [[nodiscard]] static result<connection> open(const std::filesystem::path& path, open_mode mode);
  void close();
  [[nodiscard]] bool is_open() const { return db_ != nullptr; }
  [[nodiscard]] sqlite3* handle() const { return db_; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Runs statements without parameters; SQLITE_OK or an error.
  [[nodiscard]] int execute(const std::string& sql);
  /// Prepares a statement that is used again and again. An error here is a damaged file or a
  /// mistake in our SQL; `code` is set either way.
  [[nodiscard]] int prepare(std::string_view sql, statement& to);
  /// Begins a write transaction, runs `body` (which returns a code) and commits, or rolls back.
  template <class Body> [[nodiscard]] int transaction(Body&& body);
  /// Leaves a transaction if one is open. False: the connection is unusable.
  bool roll_back();
  /// Rows changed by the last statement.
  [[nodiscard]] std::int64_t changes() const;

  /// The failure `code` as an error that names the file: full, corrupt, else `storage_failed`.
  [[nodiscard]] error failure(int code, std::string_view doing) const;

private:
  sqlite3* db_ = nullptr;
  std::filesystem::path path_;
};

[[nodiscard]] bool is_full(int code);
/// The file is damaged or no database at all.
[[nodiscard]] bool is_corrupt(int code);
/// A sync failed: the kernel may have dropped what it could not write and would say "fine" to the
/// next sync.
[[nodiscard]] bool is_failed_sync(int code);

/// Says on stderr which file could not be synced and ends the process with
/// `failed_sync_exit_code`; its restart reads from the disk what is really there.
[[noreturn]] void die_of_failed_sync(const std::filesystem::path& path, std::string_view doing);

/// An identifier as SQL text; names come from descriptors only.
[[nodiscard]] std::string sql_name(std::string_view identifier);

template <class Body> int connection::transaction(Body&& body) {
  int code = execute("BEGIN IMMEDIATE");
  if (code == 0) code = body();
  if (code == 0) code = execute("COMMIT");
  if (code != 0) (void)roll_back();
  return code;
}

} // namespace troupe::sqlite
