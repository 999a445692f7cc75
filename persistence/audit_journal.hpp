#pragma once

#include "messages/error.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace troupe {

/// What somebody did to a node, or looked at.
struct audit_entry {
  std::uint64_t position = 0; ///< grows by one with each entry, never used again
  std::int64_t time_ms = 0;
  std::string who;
  std::string from;
  std::string role;
  std::string verb;
  std::string arguments; ///< JSON, without what callers sent
  std::string result;    ///< "done" or an error's code; empty: the node ended before the answer
  bool operator==(const audit_entry&) const = default;
};

/// How an entry ended.
struct audit_end {
  std::uint64_t position = 0;
  std::string result;
};

struct audit_limits {
  std::uint64_t entries_max = 100'000; ///< then the oldest tenth goes
  std::uint64_t bytes_max = 64ULL * 1024 * 1024;
};

/// A node's audit journal: entries are appended, ended once, and never changed after that; only the
/// oldest go, when there are too many. An entry is on disk when `begin` returns.
///
/// One thread at a time. Errors: `storage_full`, `storage_failed`, `corrupt`; nothing was written.
class audit_journal {
public:
  virtual ~audit_journal() = default;
  /// Appends entries and gives them their positions.
  [[nodiscard]] virtual result<void> begin(std::span<audit_entry> entries) = 0;
  /// Says what came of them; of what has ended, or has gone, nothing changes.
  [[nodiscard]] virtual result<void> end(std::span<const audit_end> ends) = 0;
  /// The entries behind a position, oldest first.
  [[nodiscard]] virtual result<std::vector<audit_entry>> after(std::uint64_t position,
                                                               std::size_t limit) = 0;
  /// Of the newest entry, also if that has gone; 0: there was none.
  [[nodiscard]] virtual result<std::uint64_t> head() = 0;
};

/// The journal of a node in its data directory.
[[nodiscard]] std::filesystem::path audit_file(const std::filesystem::path& directory,
                                               const std::string& node);
/// Opens a node's journal, made if it is missing.
[[nodiscard]] result<std::unique_ptr<audit_journal>>
open_audit_journal(const std::filesystem::path& file, audit_limits limits = {});
/// Opens it to be read only, also while its node runs.
[[nodiscard]] result<std::unique_ptr<audit_journal>>
read_audit_journal(const std::filesystem::path& file);

/// One that fails always, for the reason that it could not be opened: what must be written down is
/// then not done.
[[nodiscard]] std::unique_ptr<audit_journal> audit_journal_that_fails(error why);

} // namespace troupe
