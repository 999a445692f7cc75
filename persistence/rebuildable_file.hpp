#pragma once

#include "messages/value.hpp"
#include "persistence/file_lock.hpp"
#include "persistence/list_plan.hpp"
#include "persistence/sqlite_db.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace troupe {

/// A database file that holds nothing of its own: it can always be made again from journals. So a
/// damaged, foreign or outdated one is deleted and made anew, and no caller hears of it.
///
/// Private to the SQLite engine. It has a table `_meta(key, value)`; `synchronous=NORMAL`, because
/// what a power cut takes away is derived again from the positions that it takes away with it.
class rebuildable_file {
public:
  struct wish {
    std::filesystem::path path;
    std::string signature; ///< format, owner and columns; another one in the file: outdated
    std::string schema;    ///< SQL that makes the tables
  };

  [[nodiscard]] static result<std::unique_ptr<rebuildable_file>> open(const wish& wanted,
                                                                      file_lock lock);
  /// Deletes the file if it turned out to be damaged, so that the next opening makes it again.
  ~rebuildable_file();
  rebuildable_file(const rebuildable_file&) = delete;
  rebuildable_file& operator=(const rebuildable_file&) = delete;

  [[nodiscard]] sqlite::connection& db() { return db_; }
  /// Deletes everything in it and makes it anew.
  [[nodiscard]] result<void> make_again();
  /// A prepared statement, kept for the next call with the same SQL. Not for nested use.
  [[nodiscard]] result<sqlite::statement*> prepared(const std::string& sql);
  /// All of `body` or nothing of it.
  [[nodiscard]] result<void> transaction(std::string_view doing,
                                         const std::function<result<void>()>& body);
  /// A code as an error. Remembers damage.
  [[nodiscard]] error failure(int code, std::string_view doing);
  /// For damage that only the owner can see, such as a checksum that does not match.
  [[nodiscard]] error damage(std::string_view what);

  [[nodiscard]] result<std::int64_t> meta(std::string_view key);
  [[nodiscard]] result<void> set_meta(std::string_view key, std::int64_t number);

private:
  rebuildable_file(const wish& wanted, file_lock lock) : wish_(wanted), lock_(std::move(lock)) {}
  [[nodiscard]] bool reuse();
  [[nodiscard]] result<void> make();
  [[nodiscard]] int settle(sqlite::connection& db);
  [[nodiscard]] int checkpoint_if_long();

  const wish wish_;
  file_lock lock_; // before db_: the claim ends only after the connection is closed
  sqlite::connection db_;
  std::map<std::string, sqlite::statement, std::less<>> statements_;
  int wal_pages_ = 0;
  bool damaged_ = false;
};

/// Binds a value as a column holds it.
void bind_value(sqlite::statement& to, int parameter, const value& from);
/// Reads a value back; `type` tells truth values from whole numbers.
[[nodiscard]] value read_value(const sqlite::statement& from, int position, field_type type);

/// What `select_page` needs to know of a table.
struct listed_table {
  std::string name;                     ///< quoted
  std::string key;                      ///< quoted
  std::span<const std::string> columns; ///< quoted, one per column of the plan
  std::string rows_wanted;              ///< "" or a condition, e.g. "live = 1"
};

/// SQL and parameters of a list: the same condition for its rows and for their number.
struct list_sql {
  std::string condition; ///< from "WHERE" on, or empty
  std::string order;     ///< "ORDER BY … LIMIT … OFFSET …"
};
[[nodiscard]] list_sql sql_of(const list_plan& plan, const listed_table& table);
/// Binds what the condition needs; returns the next free parameter.
int bind_condition(sqlite::statement& to, const list_plan& plan);
/// Binds what the condition and the order need.
void bind_page(sqlite::statement& to, const list_plan& plan);

} // namespace troupe
