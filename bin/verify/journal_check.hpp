#pragma once

#include "bin/verify/data_directory.hpp"
#include "bin/verify/ledger.hpp"
#include "bin/verify/sequence_rules.hpp"
#include "persistence/derived_reader.hpp"

#include <functional>
#include <string_view>

namespace troupe::verify {

/// Told now and then how far a long piece of work is: what it reads, records done and wanted.
using progress =
    std::function<void(std::string_view what, std::uint64_t done, std::uint64_t total)>;
/// Records between two calls of it.
inline constexpr std::uint64_t progress_every = 16'384;

/// What checking a journal works with.
struct checking {
  data_directory& all;
  report& to;
  ledger_book* book = nullptr; ///< null: no ledgers
  progress told;               ///< may be empty
};

/// Reads a journal once, from its first record to the newest it has now, and holds every record
/// against the rules that need no other file's content (I2 to I5, P4, causes, positions). Returns
/// where each of its aggregates ended. `derived`: of this very journal, or null.
[[nodiscard]] sequence_rules::aggregates check_journal(journal_file& file, derived_reader* derived,
                                                       checking& with);

/// Decodes the intact records `from` … `until` of a journal for `visit`, until it returns false.
/// What cannot be decoded is passed over: `check_journal` has reported it.
[[nodiscard]] result<void>
visit_records(journal_file& file, record_index from, record_index until,
              const std::function<bool(const record&, record_index)>& visit);

} // namespace troupe::verify
