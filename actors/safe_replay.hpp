#pragma once

#include "actors/behaviour.hpp"
#include "persistence/record.hpp"

#include <exception>
#include <string>

namespace troupe {

/// Evolves an aggregate by a recorded event. What business code throws must not end the lane, and
/// an event that cannot be replayed is its aggregate's trouble: `quarantined`, with the event
/// named.
[[nodiscard]] inline result<void> replay_safely(aggregate_instance& instance,
                                                const recorded_event& event, const record& turn) {
  std::string why;
  try {
    auto done = instance.replay(event.name, event.payload);
    if (done) return {};
    why = done.error().message;
  } catch (const std::exception& thrown) {
    why = thrown.what();
  } catch (...) {
    why = "an exception of an unknown type";
  }
  return fail(errc::quarantined, "the event " + std::string{event.name} + " of turn " +
                                     std::to_string(turn.seq) + " cannot be replayed: " + why);
}

} // namespace troupe
