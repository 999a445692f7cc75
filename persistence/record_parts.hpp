#pragma once

#include <cstdint>

/// What writer and reader of records agree on; private to the format (docs/journal.md).
namespace troupe::record_parts {

/// Entries of the record's array: ten scalars, the events, the map of optional parts.
inline constexpr std::uint32_t entries = 12;

/// Keys of the optional parts, which a record lists in ascending order; never reused.
enum class part : std::uint8_t {
  cause = 1,
  reply = 2,
  rejection = 3,
  ask_opened = 4,
  open_command_payload = 5,
  ask_closed = 6,
  void_opened = 7,
  void_closed = 8,
  voided = 9,
  timers_set = 10,
  timers_cleared = 11,
  positions = 12,
  crash_noted = 13,
  letter_opened = 14,
  letters_closed = 15,
  quarantined = 16,
  released = 17,
  degraded = 18,
  trace = 19,
  caller = 20,
};

} // namespace troupe::record_parts
