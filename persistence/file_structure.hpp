#pragma once

#include "messages/error.hpp"
#include "persistence/sqlite_db.hpp"

namespace troupe {

/// Whether SQLite finds the file's pages and indexes in order; `corrupt` with what it says first.
/// Reads all of the file. Private to this folder.
[[nodiscard]] result<void> check_file_structure(sqlite::connection& db);

} // namespace troupe
