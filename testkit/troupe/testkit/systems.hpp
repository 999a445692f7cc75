#pragma once

#include "actors/behaviour.hpp"

#include <string_view>
#include <vector>

namespace troupe::testkit {

/// The contexts of one system of this build, in catalogue order; empty if there is no such system.
/// Made once and kept for ever, as `simulated_node` needs them. Not thread-safe.
[[nodiscard]] const std::vector<context_behaviour>& behaviours_of(std::string_view system);

} // namespace troupe::testkit
