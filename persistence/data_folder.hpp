#pragma once

#include "messages/error.hpp"
#include "persistence/journal.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace troupe {

/// Names and handling of the files in a data directory; private to the file engines.

/// `<directory>/<context>.<shard>.<kind>`; refuses context names that would leave the directory.
[[nodiscard]] result<std::filesystem::path> data_file(const std::filesystem::path& directory,
                                                      const journal_identity& who,
                                                      std::string_view kind);
/// "journal taxi.call shard 0", for messages.
[[nodiscard]] std::string describe_file(std::string_view kind, const journal_identity& who);
/// Makes the directory with mode 0700 if it is missing.
[[nodiscard]] result<void> make_data_folder(const std::filesystem::path& directory);
/// Makes the directory's entries durable. A failed sync ends the process.
[[nodiscard]] result<void> sync_data_folder(const std::filesystem::path& directory);
/// Bytes an ordinary user may still write there.
[[nodiscard]] result<std::uint64_t> free_bytes(const std::filesystem::path& directory);
/// Removes a database with its write-ahead log and index; missing files are fine.
[[nodiscard]] result<void> remove_database(const std::filesystem::path& path);
/// Puts a closed database whose write-ahead log is empty in the place of another closed one of the
/// same folder. A crash in the middle leaves the old one, or none and the new one where it was.
[[nodiscard]] result<void> move_database(const std::filesystem::path& from,
                                         const std::filesystem::path& to);
/// Size of a database with its write-ahead log.
[[nodiscard]] std::uint64_t database_bytes(const std::filesystem::path& path);

} // namespace troupe
