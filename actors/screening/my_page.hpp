#pragma once

#include "actors/decision.hpp"
#include "messages/screening.hpp"

namespace troupe::screening {

/// My page: one row per screening, under the screening's id.
row_changes show_request(const requested&);
/// A completion may come late: it says nothing of a screening that was cancelled meanwhile.
row_changes show_completion(const reservation_completed&);
row_changes show_cancellation(const canceled&);
row_changes show_forced_cancellation(const force_canceled&);

} // namespace troupe::screening
