#pragma once

#include "actors/shard_memory.hpp"
#include "messages/descriptor.hpp"
#include "messages/error.hpp"
#include "messages/ids.hpp"
#include "messages/value.hpp"
#include "persistence/journal.hpp"

#include <functional>
#include <string>

namespace troupe {

/// Answers what is asked about the turns of one shard from its journal, read-only: the verbs
/// `history`, `cause`, `journal`, `deadletters` and `deadletter`.
///
/// A shard lends its journal and memory on its lane; a tool that reads a data directory lends those
/// it has folded itself. A call looks at a bounded number of records, so that a lane is not held
/// up: who wants more asks again behind `next`.
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
  [[nodiscard]] result<record_index> newest_of(aggregate_id id);
  [[nodiscard]] result<record_index> place_of(const value& wanted);
  [[nodiscard]] result<record_index> place_of_turn(aggregate_id id, std::uint64_t seq);
  [[nodiscard]] result<record_index> place_of_command(command_id id);
  [[nodiscard]] result<record_index> opening_of(const held_record& settled);
  [[nodiscard]] result<value> sender_of(const held_record& first);
  [[nodiscard]] result<value> setter_of(const held_record& fired, std::string_view timer);
  [[nodiscard]] std::string timer_of(const record& fired) const;
  [[nodiscard]] error missing(aggregate_id id) const;

  setting with_;
};

} // namespace troupe
