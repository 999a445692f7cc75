#pragma once

#include "actors/supervision.hpp"
#include "supervisors/breaker.hpp"

namespace troupe {

/// A breaker's change of state as people and programs are told of it, with the numbers behind it.
/// Its kind is "breaker-" and the state's name in the past: opened, half-opened, closed,
/// forced-open, forced-closed, disabled.
[[nodiscard]] supervision_event event_of(const ask_direction& which,
                                         const breaker_transition& change);

} // namespace troupe
