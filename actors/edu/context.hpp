#pragma once

#include "actors/behaviour.hpp"

#include <vector>

namespace troupe::edu {

/// Binds the edu system's contexts, in the order of messages/edu.hpp, to the runtime.
[[nodiscard]] std::vector<context_behaviour> behaviours();

} // namespace troupe::edu
