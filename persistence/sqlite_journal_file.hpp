#pragma once

#include "messages/error.hpp"
#include "persistence/journal.hpp"
#include "persistence/sqlite_db.hpp"
#include "persistence/storage.hpp"

#include <cstdint>
#include <filesystem>

namespace troupe {

/// Version of the journal file that this build writes; it reads and migrates all before it.
inline constexpr std::int64_t journal_format = 1;

/// Making, checking and migrating the file of a journal; private to the SQLite engine.

/// Makes the file complete under another name, then gives it its own: a crash leaves no half one,
/// so an existing file that is empty or lacks its tables is damaged, never new.
[[nodiscard]] result<void> make_journal_file(const std::filesystem::path& path,
                                             const journal_identity& who,
                                             const sqlite_options& options);

/// Opens the connection that commits and checkpoints, migrates an older format and checks that the
/// file is what `who` says.
[[nodiscard]] result<sqlite::connection> open_journal_file(const std::filesystem::path& path,
                                                           const journal_identity& who,
                                                           const sqlite_options& options);

/// An integer of the file's meta table.
[[nodiscard]] result<std::int64_t> journal_meta(sqlite::connection& db, std::string_view key);

} // namespace troupe
