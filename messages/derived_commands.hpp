#pragma once

#include "messages/ids.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// Ids of the commands that nobody sends by hand. They follow from what they are sent for, so that
/// the same one comes however often it is sent again, and can be looked for by who wants to know
/// what became of it.
namespace troupe {

/// Where an event stands.
struct event_address {
  std::int64_t time_ms = 0;
  shard_number shard;
  record_index index;
  std::uint32_t ordinal = 0;
};

inline constexpr std::uint64_t reactions_per_event_max = 1U << 20U;

/// The reaction of that number (from 0) of a policy to an event of `source`.
[[nodiscard]] inline command_id reaction_id(std::string_view policy, std::string_view source,
                                            const event_address& to, std::uint64_t number) {
  return command_id::of_event(to.time_ms, std::string{policy} + "/" + std::string{source},
                              to.shard.value, to.index.value,
                              to.ordinal * reactions_per_event_max + number);
}

/// The command of an aggregate's timer that is due then.
[[nodiscard]] inline command_id timer_id(std::string_view timer, std::int64_t due_ms,
                                         shard_number shard, aggregate_id of) {
  return command_id::of_event(due_ms, "timer/" + std::string{timer}, shard.value,
                              static_cast<std::uint64_t>(of.number), 0);
}

/// What makes good at the target what an ask did there.
[[nodiscard]] inline command_id compensation_id(command_id ask) {
  return ask.derive("void", 0);
}

} // namespace troupe
