#pragma once

#include "messages/descriptor.hpp"
#include "persistence/derived_store.hpp"
#include "persistence/journal.hpp"
#include "persistence/view_store.hpp"
#include "seams/clock.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace troupe {

/// What a shard or view takes up on disk.
struct stored_bytes {
  std::uint64_t journal = 0;
  std::uint64_t derived = 0; ///< from the journal: states, marks, snapshots, rows of views
};

/// A storage engine: opens what shards and views keep. Every engine passes
/// tests/persistence/*_contract_test.cpp. Thread-safe; what it opens is not.
class storage {
public:
  virtual ~storage() = default;
  [[nodiscard]] virtual result<std::unique_ptr<journal>>
  open_journal(const journal_identity& who) = 0;
  /// `info.filters` become indexed columns; a store made for other columns is dropped and remade.
  [[nodiscard]] virtual result<std::unique_ptr<derived_store>>
  open_derived(const journal_identity& who, const context_info& info) = 0;
  [[nodiscard]] virtual result<std::unique_ptr<view_store>> open_view(const journal_identity& who,
                                                                      const context_info& info) = 0;
  /// Number of shards a context has on disk; 0 if it has none yet.
  [[nodiscard]] virtual std::uint32_t shards_of(const std::string& context) const = 0;
  /// Epoch of a shard's journal as it is on disk; 0 if there is none yet.
  [[nodiscard]] virtual epoch_number epoch_of(const std::string& context,
                                              shard_number shard) const = 0;
  /// Nothing where it keeps nothing on disk. Opens no file.
  [[nodiscard]] virtual stored_bytes bytes_of(const std::string& /*context*/,
                                              shard_number /*shard*/) const {
    return {};
  }
};

/// Exit code of a process that ended itself because a sync failed (EX_IOERR of sysexits.h): what
/// the kernel dropped cannot be asked for again, so only a restart that reads the disk knows the
/// truth.
inline constexpr int failed_sync_exit_code = 74;

struct sqlite_options {
  std::filesystem::path directory; ///< made if missing, mode 0700
  /// Commits stop (`storage_full`) when less than this is free, before the disk is really full.
  std::uint64_t reserve_bytes = 16ULL * 1024 * 1024;
  /// Size of the write-ahead log at which a checkpoint is worth it when idle / even when busy.
  /// Small: a log that begins from its start again overwrites its blocks, and a sync of those costs
  /// half of a sync of a file that grows.
  std::uint64_t checkpoint_bytes = 1ULL * 1024 * 1024;
  std::uint64_t checkpoint_urgent_bytes = 4ULL * 1024 * 1024;
  const clock* time = &real_clock(); ///< must outlive the storage
};

/// One file per (context, shard) plus one for what is derived from it (docs/journal.md).
[[nodiscard]] std::unique_ptr<storage> make_sqlite_storage(sqlite_options options);

/// Keeps everything in this process; for tests, simulation and contexts that choose it.
/// What was committed stays when a journal is closed and opened again on the same storage.
[[nodiscard]] std::unique_ptr<storage> make_memory_storage();

} // namespace troupe
