#pragma once

#include "messages/value.hpp"
#include "persistence/file_lock.hpp"
#include "persistence/list_plan.hpp"
#include "persistence/sqlite_db.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace troupe {

/// A database file that holds nothing of its own: it can always be made again from journals. So a
/// damaged, foreign or outdated one is deleted and made anew, and no caller hears of it.
///
/// It can also be made again while the old one is still read: in a file beside it, `….rebuild`,
/// which takes its place when it is filled. A crash leaves the old one or the new one, and nothing
/// else once the file has been opened again.
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

  /// Why the file that was there was not used when this was opened; empty: it was, or there was
  /// none.
  [[nodiscard]] const std::string& remade() const { return remade_; }

  [[nodiscard]] sqlite::connection& db() { return db_; }
  /// Deletes everything in it and makes it anew.
  [[nodiscard]] result<void> make_again();
  /// An empty file of the same kind beside this one. It is deleted with its object, unless this one
  /// was replaced by it. One at a time.
  [[nodiscard]] result<std::unique_ptr<rebuildable_file>> make_beside() const;
  /// Continues as `filled`, which `make_beside` made. After an error this file is as it was, or has
  /// been made again, empty.
  [[nodiscard]] result<void> replace_with(std::unique_ptr<rebuildable_file> filled);
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
  [[nodiscard]] result<void> settle_leftover() const;
  [[nodiscard]] bool reuse();
  [[nodiscard]] result<void> make();
  [[nodiscard]] result<void> seal();
  [[nodiscard]] result<void> ensure_open();
  [[nodiscard]] int settle(sqlite::connection& db);
  [[nodiscard]] int checkpoint_if_long();

  const wish wish_;
  file_lock lock_; // before db_: the claim ends only after the connection is closed
  sqlite::connection db_;
  std::map<std::string, sqlite::statement, std::less<>> statements_;
  int wal_pages_ = 0;
  std::string remade_;
  bool damaged_ = false;
  bool beside_ = false; ///< made by `make_beside`, not yet in its place
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
/// Which index a list is read by; without a choice SQLite makes one, which knows no numbers of
/// rows.
struct list_path {
  std::optional<std::size_t> match; ///< that of this filter, the others are checked row by row
  bool in_order = false;            ///< that of the order, the filters are checked row by row
};
[[nodiscard]] list_sql sql_of(const list_plan& plan, const listed_table& table,
                              const list_path& by = {});
/// Binds what the condition needs; returns the next free parameter.
int bind_condition(sqlite::statement& to, const list_plan& plan);
/// Binds what the condition and the order need.
void bind_page(sqlite::statement& to, const list_plan& plan);

} // namespace troupe
