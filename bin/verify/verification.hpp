#pragma once

#include "bin/verify/journal_check.hpp"
#include "bin/verify/report.hpp"
#include "messages/error.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace troupe::verify {

struct options {
  std::filesystem::path directory;
  std::vector<std::filesystem::path> ledgers = {};
  std::string context = {}; ///< only this one's files are judged; empty: all
  std::size_t findings_max = 100;
  progress told = {};
};

/// Holds a data directory, and what clients were told, against the invariants (docs/verify.md).
/// Changes nothing; a node may be using the directory. Violations are in the report; an error means
/// that nothing was proven: no directory, no journal, a ledger that cannot be read, a context that
/// is not there.
[[nodiscard]] result<report> verify(const options& wanted);

} // namespace troupe::verify
