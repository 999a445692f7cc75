#pragma once

#include "messages/envelope.hpp"
#include "messages/error.hpp"
#include "messages/ids.hpp"
#include "messages/value.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Current state of one aggregate as of one of its records: list entry and snapshot in one.
struct state_row {
  aggregate_id id;
  std::uint64_t seq = 0;
  record_index head;          ///< the aggregate's newest record that the state contains
  bool live = true;           ///< false: burned, voided or deleted; never listed
  std::string state;          ///< msgpack map of the state's fields
  std::vector<value> filters; ///< values of the declared filter fields, in their order
};

/// Where a command id was handled, after it has left the shard's memory.
struct dedup_mark {
  command_id command;
  std::uint64_t command_hash = 0;
  record_index at;
};

/// Rows of a page and the number of all matches.
struct list_page {
  std::uint64_t total = 0;
  std::vector<std::pair<aggregate_id, std::string>> rows; ///< id, msgpack map
};

/// What a shard derives from its journal so that it need not be read through: states (lists and
/// aggregate snapshots), old dedup marks, the snapshot of the shard's own memory. Lives in a second
/// file, is written behind, and can be deleted at any time: it is then rebuilt from the journal.
///
/// Owner: the shard, on its lane's thread. Never ahead of the journal.
class derived_store {
public:
  virtual ~derived_store() = default;

  /// States contain every record up to this one.
  [[nodiscard]] virtual record_index states_position() const = 0;
  /// One transaction: rows replace earlier ones of the same id.
  [[nodiscard]] virtual result<void> write(std::span<const state_row> rows,
                                           record_index states_position) = 0;
  [[nodiscard]] virtual result<std::optional<state_row>> load(aggregate_id id) = 0;
  /// Unknown filter or sort fields are `malformed`.
  [[nodiscard]] virtual result<list_page> list(const list_request& wanted) = 0;

  [[nodiscard]] virtual result<void> remember(std::span<const dedup_mark> marks) = 0;
  [[nodiscard]] virtual result<std::optional<dedup_mark>> find(command_id command) = 0;
  /// Drops marks of records older than `before`, a bounded number per call; returns how many. An
  /// engine may keep the youngest of them until all records of the same range are old enough.
  [[nodiscard]] virtual result<std::uint32_t> forget_marks(record_index before) = 0;

  /// Snapshot of the shard's memory as of `position`; replaces the previous one, checksummed.
  [[nodiscard]] virtual result<void> save_snapshot(record_index position,
                                                   std::string_view blob) = 0;
  struct shard_snapshot {
    record_index position;
    std::string blob;
  };
  /// None if there is none or its checksum does not match.
  [[nodiscard]] virtual std::optional<shard_snapshot> load_snapshot() = 0;
};

} // namespace troupe
