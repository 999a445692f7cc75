#pragma once

#include "bin/verify/journal_check.hpp"
#include "persistence/derived_reader.hpp"

namespace troupe::verify {

/// Aggregates held in memory at once while states are folded; those that come while it is full are
/// folded in a further reading of the journal.
inline constexpr std::size_t states_at_once = 50'000;

/// I7: each aggregate's events are folded twice, which must come out the same, and its derived
/// state must be the fold up to the record it names, and contain everything the file says it
/// contains. `derived` may be null: then there is nothing to compare with.
void check_states(journal_file& file, sequence_rules::aggregates& ends, derived_reader* derived,
                  checking& with, std::size_t at_once = states_at_once);

} // namespace troupe::verify
