#pragma once

#include "actors/supervision.hpp"
#include "messages/error.hpp"

namespace troupe {

/// What a callee's refusal says about the callee, for the breaker in front of it.
///
/// A failure is what a healthy callee does not answer. Not one is what lies in the request (a
/// business rejection, a missing aggregate, a malformed command), what the callee or the asker says
/// to protect itself (`overloaded`, `rate_limited`), what concerns one aggregate or command only
/// (`quarantined`, `dead_lettered`), and time that was the asker's own (`deadline_exceeded`).
[[nodiscard]] ask_end end_of(errc refusal);

} // namespace troupe
