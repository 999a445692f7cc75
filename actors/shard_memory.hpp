#pragma once

#include "actors/dedup_window.hpp"
#include "actors/trouble_book.hpp"
#include "messages/codec.hpp"
#include "messages/error.hpp"
#include "messages/ids.hpp"
#include "persistence/record.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace troupe {

struct resident;

/// Newest record of an aggregate, and its actor while it is resident.
struct aggregate_entry {
  record_index head;
  std::uint64_t seq = 0;
  std::unique_ptr<resident> live;

  aggregate_entry();
  ~aggregate_entry();
  aggregate_entry(aggregate_entry&&) noexcept;
  aggregate_entry& operator=(aggregate_entry&&) noexcept;
};

/// An ask without an answer yet; survives crashes as part of the fold.
struct open_ask {
  command_id id;
  std::string target_context;
  aggregate_id target;
  std::string name;
  std::string payload;
  std::uint32_t timeout_ms = 0;
  bool reads_only = false;
  // What is needed to settle it:
  aggregate_id aggregate;
  command_id command;
  std::uint64_t command_hash = 0;
  std::string command_name;
  std::string command_payload;
  std::string correlation;
  record_index at; ///< of the turn that asked, or gave it up; 0: a snapshot of earlier builds
  /// Of an ask: the trace of its command, which the settling turn belongs to. Of a void: what goes
  /// to the target.
  trace_context trace;
};

struct durable_timer {
  std::int64_t due_ms = 0;
  std::string command;
  std::string payload;
  trace_context trace; ///< of the turn that set it, for the command
};

/// A shard's memory: the fold of its journal, nothing else. What a turn changes here is changed by
/// folding the turn's record, live and after a crash alike, so the two cannot differ.
///
/// Pure: no I/O, no clock. Owned by a shard, on its lane.
class shard_memory {
public:
  using entries = std::unordered_map<aggregate_id, aggregate_entry>;
  using timer_key = std::pair<aggregate_id, std::string>;
  struct position_key {
    std::string policy;
    std::string source;
    shard_number shard;
    auto operator<=>(const position_key&) const = default;
  };

  explicit shard_memory(std::uint32_t shards) : shards_(shards) {}

  /// Takes up one record; `corrupt` if it does not follow from the ones before (a gap in an
  /// aggregate's turns, an epoch going back).
  [[nodiscard]] result<void> fold(const record& from, record_index at);

  [[nodiscard]] aggregate_entry* find(aggregate_id id);
  /// The entry of an aggregate, made if missing.
  aggregate_entry& at(aggregate_id id) { return entries_[id]; }
  /// Next id this shard gives, counted from 1 inside the shard.
  [[nodiscard]] std::int64_t next_local() const { return next_local_; }
  void took_local(std::int64_t local) { next_local_ = std::max(next_local_, local + 1); }

  [[nodiscard]] record_index head() const { return head_; }
  [[nodiscard]] epoch_number epoch() const { return epoch_; }

  /// Snapshot of everything but residents, and back; `corrupt` if the blob cannot be read.
  [[nodiscard]] std::string save() const;
  [[nodiscard]] result<void> load(std::string_view blob, record_index position);

  [[nodiscard]] entries& all() { return entries_; }
  [[nodiscard]] dedup_window& dedup() { return dedup_; }
  [[nodiscard]] std::map<command_id, open_ask>& asks() { return asks_; }
  /// The ask an aggregate waits for; null if none.
  [[nodiscard]] const open_ask* ask_of(aggregate_id id) const;
  [[nodiscard]] std::map<command_id, open_ask>& voids() { return voids_; }
  [[nodiscard]] std::map<timer_key, durable_timer>& timers() { return timers_; }
  [[nodiscard]] std::map<position_key, record_index>& positions() { return positions_; }
  /// Crashes, dead letters, quarantines.
  [[nodiscard]] const trouble_book& troubles() const { return troubles_; }

private:
  void fold_dedup(const record& from, record_index at);
  void fold_asks(const record& from, record_index at);
  [[nodiscard]] bool load_promises(document::cursor root);

  std::uint32_t shards_;
  record_index head_;
  epoch_number epoch_;
  std::int64_t next_local_ = 1;
  entries entries_;
  dedup_window dedup_;
  std::map<command_id, open_ask> asks_;
  std::unordered_map<aggregate_id, command_id> asking_; ///< by aggregate
  std::map<command_id, open_ask> voids_;
  std::map<timer_key, durable_timer> timers_;
  std::map<position_key, record_index> positions_;
  trouble_book troubles_;
};

} // namespace troupe
