#pragma once

#include "actors/behaviour.hpp"

#include <vector>

namespace troupe::taxi {

/// Binds the taxi system's contexts, in the order of messages/taxi.hpp, to the runtime.
[[nodiscard]] std::vector<context_behaviour> behaviours();

} // namespace troupe::taxi
