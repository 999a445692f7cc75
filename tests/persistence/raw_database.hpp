#pragma once

#include <catch2/catch.hpp>
#include <sqlite3.h>

#include <filesystem>
#include <string>

namespace troupe::test {

/// Runs SQL on a file behind the engine's back, as a foreign tool would.
inline void run_raw(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
  char* why = nullptr;
  const int code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &why);
  INFO(sql << ": " << (why == nullptr ? "" : why));
  sqlite3_free(why);
  sqlite3_close(db);
  REQUIRE(code == SQLITE_OK);
}

/// Moves a closed database's write-ahead log into its main file, so that a test can damage what
/// will really be read.
inline void settle_log(const std::filesystem::path& file) {
  run_raw(file, "PRAGMA wal_checkpoint(TRUNCATE)");
}

/// First column of the first row of a query, as text.
inline std::string ask_raw(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &db) == SQLITE_OK);
  std::string found;
  const int code = sqlite3_exec(
      db, sql.c_str(),
      [](void* to, int, char** columns, char**) {
        *static_cast<std::string*>(to) += columns[0] == nullptr ? "null" : columns[0];
        return 0;
      },
      &found, nullptr);
  sqlite3_close(db);
  REQUIRE(code == SQLITE_OK);
  return found;
}

} // namespace troupe::test
