#pragma once

#include "bin/verify/journal_check.hpp"
#include "persistence/view_reader.hpp"

namespace troupe::verify {

/// Rows built anew in memory at once; a view with more is folded once for each part of its keys.
inline constexpr std::uint64_t rows_at_once = 200'000;

/// I8: the view's rows are those that its sources' journals give when they are folded from the
/// beginning, in the order of `event_merge`, up to the positions the view has.
void check_view(const data_directory::derived_file& file, checking& with,
                std::uint64_t at_once = rows_at_once);

} // namespace troupe::verify
