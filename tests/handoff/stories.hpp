#pragma once

#include "tests/handoff/crowd.hpp"

namespace troupe::test {

/// Rides from the call to the settled fare: two asks, two policies, a view on disk.
[[nodiscard]] story rides();

/// Screenings that are requested and partly cancelled: an ask that takes a place, policies that
/// keep a ledger and give places back, a view in memory.
[[nodiscard]] story screenings();

/// After the crowd: my page shows every screening, and each hospital has the places left that it
/// should.
void check_screenings(const node_group& nodes, const crowd& after);

} // namespace troupe::test
