#pragma once

#include "messages/ids.hpp"

#include <cstdint>
#include <string_view>

/// What a shard's journal keeps of things that went wrong: crashes, dead letters, quarantines.
namespace troupe {

/// What a command took down.
enum class crash_kind : std::uint8_t { exception = 0, process = 1 };
[[nodiscard]] constexpr std::string_view name_of(crash_kind from) {
  return from == crash_kind::exception ? "exception" : "process";
}

/// A handler crashed on this command. The third time makes a dead letter.
struct recorded_crash {
  command_id command; ///< or what stands for the replay of an aggregate; none: neither ran
  crash_kind how = crash_kind::exception;
  epoch_number epoch;           ///< of the opening in which the process ended; 0 of exceptions
  std::int32_t signal = 0;      ///< that ended it; 0: none that could be noted
  std::uint64_t stack_hash = 0; ///< tells one fault from another; 0: not known
  std::string_view cause;       ///< for people
};

/// Who sent a command that became a dead letter.
enum class command_origin : std::uint8_t {
  client = 0,
  policy = 1,
  timer = 2,
  ask = 3,         ///< of another context's aggregate
  settling = 4,    ///< the answer to an ask of this command crashed
  compensation = 5 ///< the void of an ask crashed
};
[[nodiscard]] constexpr std::string_view name_of(command_origin from) {
  switch (from) {
  case command_origin::client:
    return "client";
  case command_origin::policy:
    return "policy";
  case command_origin::timer:
    return "timer";
  case command_origin::ask:
    return "ask";
  case command_origin::settling:
    return "settling";
  case command_origin::compensation:
    return "compensation";
  }
  return "unknown";
}

/// A command that is set aside; the rest of its envelope is in the record itself.
struct recorded_letter {
  command_origin made_by = command_origin::client;
  crash_kind how = crash_kind::exception; ///< the last time
  std::int32_t signal = 0;
  std::uint64_t stack_hash = 0;
  std::uint32_t attempts = 0;
  std::string_view cause;
  command_id ask; ///< of compensations: the ask that is void
  std::string_view payload;
};

/// What became of a dead letter.
enum class letter_end : std::uint8_t { retried = 0, dropped = 1, expired = 2 };

struct recorded_letter_end {
  command_id command;
  letter_end how = letter_end::retried;
};

/// An aggregate that takes no commands until it is released.
struct recorded_quarantine {
  aggregate_id aggregate;
  std::string_view reason;
  std::int64_t trial_ms = 0; ///< wall clock of the next automatic trial; 0: an operator's, none
  std::uint32_t trials = 0;  ///< that failed in a row
};

} // namespace troupe
