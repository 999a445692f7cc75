#pragma once

#include "actors/decision.hpp"
#include "messages/taxi.hpp"

namespace troupe::taxi {

/// The call board: one row per call, under the call's id.
row_changes board_call(const called_taxi&);
/// Status and cost follow the driver; a completed call shows the amount that payment settled.
row_changes board_status(const updated_status&);

} // namespace troupe::taxi
