#pragma once

#include "actors/behaviour.hpp"

#include <vector>

namespace troupe::mybnb {

/// Binds the mybnb system's contexts, in the order of messages/mybnb.hpp, to the runtime.
[[nodiscard]] std::vector<context_behaviour> behaviours();

} // namespace troupe::mybnb
