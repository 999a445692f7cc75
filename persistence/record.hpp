#pragma once

#include "messages/envelope.hpp"
#include "messages/error.hpp"
#include "messages/ids.hpp"
#include "persistence/recorded_trouble.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// How a turn ended. `asked`: it waits for another context and has no effect yet.
enum class turn_outcome : std::uint8_t { accepted = 0, rejected = 1, asked = 2 };

struct recorded_event {
  std::string_view name;
  std::string_view payload; ///< msgpack map
};

/// The event of another context that a turn reacts to; lets readers see causes before effects.
struct recorded_cause {
  std::string_view context;
  shard_number shard;
  record_index index;
};

/// The record that had this turn's command sent: of asks, voids and retried dead letters.
struct recorded_caller {
  command_caller::kind why = command_caller::kind::ask;
  std::string_view context;
  shard_number shard;
  record_index index;
};

/// An ask that waits for its answer, or a void on its way to the target of an ask.
struct recorded_ask {
  command_id id;
  std::string_view target_context;
  aggregate_id target;
  std::string_view name;    ///< of the command or query asked
  std::string_view payload; ///< msgpack map
  std::uint32_t timeout_ms = 0;
  bool reads_only = false;
};

struct recorded_timer {
  std::string_view name;   ///< unique inside its aggregate; set again = moved
  std::int64_t due_ms = 0; ///< wall clock
  std::string_view command;
  std::string_view payload;
};

struct recorded_position {
  std::string_view policy;
  std::string_view source_context;
  shard_number source_shard;
  record_index next; ///< first record not handled yet
};

/// One record of a journal: everything one turn decided (design.md §5), or bookkeeping of the shard
/// itself (`aggregate` not given). Views point into the buffer it was decoded from.
///
/// `command`, `command_hash`: the dedup mark. While an ask is open the turn that asked keeps the
/// original command (`open_command_*`) so that the settling turn can be decided after a crash too.
struct record {
  epoch_number epoch;
  aggregate_id aggregate;
  std::uint64_t seq = 0; ///< turn of the aggregate, contiguous from 1
  record_index previous; ///< the aggregate's record before this one
  std::int64_t time_ms = 0;
  command_id command;
  std::uint64_t command_hash = 0;
  turn_outcome outcome = turn_outcome::accepted;
  std::string_view command_name;
  std::string_view correlation;
  std::optional<recorded_cause> cause;
  std::vector<recorded_event> events;
  std::optional<std::string_view> reply; ///< if the answer is not simply the new state
  std::optional<error> rejection;
  std::optional<degraded_mark> degraded; ///< of an answer that rests on a declared fallback
  std::optional<recorded_ask> ask_opened;
  std::string_view open_command_payload;   ///< with ask_opened: the command to settle
  std::optional<command_id> ask_closed;    ///< settled or given up by this turn
  std::optional<recorded_ask> void_opened; ///< the target of this ask must be told that it is off
  std::optional<command_id> void_closed;   ///< the target confirmed
  std::optional<command_id> voided;        ///< target side: this ask id must never act (again)
  std::vector<recorded_timer> timers_set;
  std::vector<std::string_view> timers_cleared;
  std::vector<recorded_position> positions;
  std::optional<recorded_crash> crash_noted;
  std::optional<recorded_letter> letter_opened; ///< this turn's command is set aside
  std::vector<recorded_letter_end> letters_closed;
  std::optional<recorded_quarantine> quarantined;
  std::optional<aggregate_id> released; ///< from quarantine
  trace_context trace;                  ///< that the command came with
  std::optional<recorded_caller> caller;

  /// Back to the empty record, keeping allocated memory.
  void clear();
};

/// Appends the record's bytes: a msgpack array of the fields every record has, then a map of the
/// optional ones (docs/journal.md). The checksum is the journal's, not part of it.
void encode_record(std::string& out, const record& from);

/// Decodes; views in `to` point into `bytes`. Refuses unknown parts: a record written by a newer
/// format must not be half understood. Reuses the memory of `to`.
[[nodiscard]] result<void> decode_record(std::string_view bytes, record& to);

} // namespace troupe
