#pragma once

#include "bin/verify/journal_check.hpp"
#include "persistence/derived_reader.hpp"

namespace troupe::verify {

/// I7: the snapshot of a shard's memory equals the fold of its journal up to the snapshot's record:
/// heads, asks, voids, timers, positions, and the commands it still remembers. What the shard folds
/// after it is then the same too.
void check_snapshot(journal_file& file, derived_reader& derived, checking& with);

} // namespace troupe::verify
