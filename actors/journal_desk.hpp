#pragma once

#include "actors/shard_memory.hpp"
#include "messages/descriptor.hpp"
#include "messages/error.hpp"
#include "messages/ids.hpp"
#include "messages/value.hpp"
#include "persistence/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace troupe {

/// How far a look back through the turns of an aggregate has come. Each turn is a read, and there
/// may be any number of them: a lane reads a piece, does others' work, and goes on.
class journal_search {
public:
  static constexpr std::size_t piece_records = 64;
  static constexpr std::size_t piece_bytes = std::size_t{1'024} * 1'024;

  /// From here on a piece is read, no longer everything at once.
  void next_piece() {
    records_left_ = piece_records;
    bytes_left_ = piece_bytes;
    paused_ = false;
  }
  [[nodiscard]] bool paused() const { return paused_; } ///< the piece is over, the search is not

private:
  friend class journal_desk;
  /// One way back.
  struct trail {
    record_index at;
    std::uint32_t steps = 0;
    bool begun = false, found = false;
  };

  std::size_t records_left_ = SIZE_MAX, bytes_left_ = SIZE_MAX;
  bool paused_ = false;
  trail turn_, opening_, setter_;
  std::optional<record_index> place_;              ///< of the record that is asked about
  std::deque<std::pair<value, std::size_t>> seen_; ///< turns and their bytes, newest first
  std::size_t seen_bytes_ = 0;
  std::uint64_t total_ = 0;
};

/// Answers what is asked about the turns of one shard from its journal, read-only: the verbs
/// `history`, `cause`, `journal`, `deadletters` and `deadletter`.
///
/// A shard lends its journal and memory on its lane; a tool that reads a data directory lends those
/// it has folded itself. A call looks at a bounded number of records, so that a lane is not held
/// up: who wants more asks again behind `next`, or goes on with the same search.
class journal_desk {
public:
  struct setting {
    journal& from;
    shard_memory& memory;
    std::string context; ///< full name
    shard_number shard;
    const context_info* info = nullptr; ///< null: this build does not know the context
    /// Finds commands that left the memory's window; 0: none. May be empty.
    std::function<result<record_index>(command_id)> find_old = {};
  };
  explicit journal_desk(setting with) : with_(std::move(with)) {}

  /// Nothing: the piece is over, and the same call goes on with the next one.
  [[nodiscard]] std::optional<result<value>> history(const value& wanted, journal_search& so_far);
  [[nodiscard]] std::optional<result<value>> cause(const value& wanted, journal_search& so_far);
  /// The same without a break, for who has no lane to spare.
  [[nodiscard]] result<value> history(const value& wanted);
  [[nodiscard]] result<value> cause(const value& wanted);
  [[nodiscard]] result<value> page(const value& wanted);
  [[nodiscard]] result<value> letters(const value& wanted);
  /// A letter as its record tells it; `whole`: with its envelope. The letter must be there.
  [[nodiscard]] result<value> letter(command_id command, bool whole);

private:
  /// A record and the bytes that it views.
  struct held_record {
    std::string body;
    record of;
    record_index at;
  };
  [[nodiscard]] result<held_record> read(record_index at);
  [[nodiscard]] result<held_record> read_next(record_index at, journal_search& so_far);
  [[nodiscard]] result<record_index> look_back(record_index from, journal_search::trail& along,
                                               journal_search& so_far,
                                               const std::function<bool(const record&)>& wanted);
  [[nodiscard]] result<value> look_at_history(const value& wanted, journal_search& so_far);
  [[nodiscard]] result<value> look_for_cause(const value& wanted, journal_search& so_far);
  [[nodiscard]] result<record_index> newest_of(aggregate_id id);
  [[nodiscard]] result<record_index> place_of(const value& wanted, journal_search& so_far);
  [[nodiscard]] result<record_index> place_of_turn(aggregate_id id, std::uint64_t seq,
                                                   journal_search& so_far);
  [[nodiscard]] result<record_index> place_of_command(command_id id);
  [[nodiscard]] result<record_index> opening_of(const held_record& settled, journal_search& so_far);
  [[nodiscard]] result<value> sender_of(const held_record& first, journal_search& so_far);
  [[nodiscard]] result<value> setter_of(const held_record& fired, std::string_view timer,
                                        journal_search& so_far);
  [[nodiscard]] std::string timer_of(const record& fired) const;
  [[nodiscard]] error missing(aggregate_id id) const;

  setting with_;
};

} // namespace troupe
