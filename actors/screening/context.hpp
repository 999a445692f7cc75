#pragma once

#include "actors/behaviour.hpp"

#include <vector>

namespace troupe::screening {

/// Binds the screening system's contexts, in the order of messages/screening.hpp, to the runtime.
[[nodiscard]] std::vector<context_behaviour> behaviours();

} // namespace troupe::screening
