#pragma once

#include "actors/behaviour.hpp"

#include <vector>

namespace troupe::siren {

/// Binds the siren system's contexts, in the order of messages/siren.hpp, to the runtime.
[[nodiscard]] std::vector<context_behaviour> behaviours();

} // namespace troupe::siren
