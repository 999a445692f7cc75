#include "persistence/file_structure.hpp"

#include <sqlite3.h>

namespace troupe {

result<void> check_file_structure(sqlite::connection& db) {
  sqlite::statement check;
  int code = db.prepare("PRAGMA integrity_check(1)", check);
  if (code == SQLITE_OK) code = check.step();
  if (code != SQLITE_ROW) return db.failure(code, "read");
  if (check.text(0) == "ok") return {};
  return fail(errc::corrupt, db.path().string() + ": " + std::string{check.text(0)});
}

} // namespace troupe
