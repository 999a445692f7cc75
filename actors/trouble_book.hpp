#pragma once

#include "messages/codec.hpp"
#include "messages/ids.hpp"
#include "persistence/record.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace troupe {

/// What a shard knows of the things that went wrong in it: how often commands crashed, which are
/// set aside as dead letters, which aggregates are in quarantine. Part of the fold of its journal,
/// so it survives crashes and hand-overs.
///
/// Pure; owned by a shard's memory, on its lane.
class trouble_book {
public:
  /// A command that crashed so often is set aside (docs/supervision.md).
  static constexpr std::uint32_t attempts_max = 3;
  /// Commands whose crashes are counted; of more the oldest are forgotten.
  static constexpr std::size_t crashes_max = 10'000;
  static constexpr std::int64_t crashes_kept_ms = 24 * 3'600 * 1'000;

  struct crashes {
    std::uint32_t times = 0;
    std::int64_t last_ms = 0;
    crash_kind how = crash_kind::exception; ///< the last time
    std::int32_t signal = 0;
    std::uint64_t stack_hash = 0;
    bool operator==(const crashes&) const = default;
  };
  struct letter {
    record_index at; ///< of the record that holds its envelope
    aggregate_id aggregate;
    std::int64_t time_ms = 0;
    command_origin made_by = command_origin::client;
    std::uint64_t hash = 0; ///< of the command
    command_id ask;         ///< of compensations
    bool retried = false;   ///< it runs again, and has not ended yet
    bool operator==(const letter&) const = default;
  };
  struct quarantine {
    std::string reason;
    std::int64_t since_ms = 0;
    std::int64_t trial_ms = 0; ///< 0: none; an operator releases it
    std::uint32_t trials = 0;  ///< that failed in a row
    bool operator==(const quarantine&) const = default;
    [[nodiscard]] bool by_operator() const { return trial_ms == 0; }
  };

  /// Stands for the replay of an aggregate where a command is meant: replays crash, too.
  [[nodiscard]] static command_id replay_of(aggregate_id id);

  void fold(const record& from, record_index at);

  /// How often the command crashed lately; 0 times where that is long ago.
  [[nodiscard]] crashes crashes_of(command_id command, std::int64_t now_ms) const;
  [[nodiscard]] bool any_crashes() const { return !crashes_.empty(); }
  /// Null: it is not set aside.
  [[nodiscard]] const letter* letter_of(command_id command) const;
  /// Null: it works.
  [[nodiscard]] const quarantine* quarantine_of(aggregate_id id) const;
  /// Of the openings up to this one it is known what took the process down.
  [[nodiscard]] epoch_number deaths_until() const { return deaths_until_; }

  [[nodiscard]] const std::map<command_id, crashes>& all_crashes() const { return crashes_; }
  [[nodiscard]] const std::map<command_id, letter>& letters() const { return letters_; }
  /// The same by age: the record that holds the envelope, and the command.
  [[nodiscard]] const std::map<std::uint64_t, command_id>& by_age() const { return by_age_; }
  [[nodiscard]] const std::map<aggregate_id, quarantine>& quarantines() const {
    return quarantines_;
  }

  /// As one value of a snapshot, and back; false if it cannot be read.
  void save(writer& out) const;
  [[nodiscard]] bool load(document::cursor from);

private:
  void count(const record& from);
  void close(command_id command);
  void open(command_id command, letter what);

  std::map<command_id, crashes> crashes_;
  std::map<command_id, letter> letters_; ///< the shard closes the oldest of too many
  std::map<std::uint64_t, command_id> by_age_;
  std::map<aggregate_id, quarantine> quarantines_; ///< of aggregates that are in memory as well
  epoch_number deaths_until_;
};

} // namespace troupe
