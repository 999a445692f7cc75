#pragma once

#include "messages/error.hpp"
#include "messages/ids.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace troupe {

/// What a journal file belongs to; checked at every opening.
struct journal_identity {
  std::string context; ///< e.g. "taxi.call"
  shard_number shard;
  std::uint32_t shards = 1; ///< of the context; fixed for ever when the file is made
  std::string node;         ///< who opens it, for messages to people
  epoch_number epoch{}; ///< of the ownership that was granted; 0: nobody grants, opening adds one
};

/// The durable record of one shard: an append-only log of records with a dense index from 1.
///
/// Owner: the shard, on its lane's thread; not thread-safe. One opening for writing at a time: a
/// second one anywhere gets `storage_locked`. Opening adds one to the epoch, durably; or it sets
/// the epoch that was granted, and gets `fenced` with nothing changed where a later one owns the
/// file.
///
/// Errors of `commit`: `storage_full` (nothing was written), `fenced` (another epoch owns the file;
/// nothing was written), `storage_failed` (nothing was written), `outcome_unknown` (the file must
/// be reopened to know; every further commit is refused with `storage_failed`). A failed sync ends
/// the process: what the kernel dropped cannot be asked for again.
class journal {
public:
  virtual ~journal() = default;
  [[nodiscard]] virtual epoch_number epoch() const = 0;
  /// Newest committed record; 0 if there is none.
  [[nodiscard]] virtual record_index head() const = 0;
  /// Appends `bodies` as the records head()+1 … in one transaction, checks the epoch in it, and
  /// returns after they are synced. Empty `bodies` is a programming fault.
  [[nodiscard]] virtual result<void> commit(std::span<const std::string_view> bodies) = 0;
  /// One record; `corrupt` if its checksum does not match, `not_found` if there is none.
  [[nodiscard]] virtual result<std::string> read(record_index at) = 0;
  /// Visits records `from` … in order until the head or until `visit` returns false.
  using visitor = std::function<bool(record_index at, std::string_view body)>;
  [[nodiscard]] virtual result<void> scan(record_index from, const visitor& visit) = 0;
  /// Moves the write-ahead log into the main file when it is worth it; call when there is time.
  /// `urgent`: also when the lane is busy and the log has grown past its limit.
  virtual result<void> checkpoint(bool urgent) = 0;
  /// Whether space is there again after `storage_full`.
  [[nodiscard]] virtual result<void> probe() = 0;
  [[nodiscard]] virtual std::uint64_t bytes_on_disk() const = 0;
};

} // namespace troupe
