#pragma once

#include "bin/verify/data_directory.hpp"
#include "bin/verify/ledger.hpp"
#include "bin/verify/sequence_rules.hpp"

namespace troupe::verify {

/// Notes in the book what one journal holds of the commands and aggregates in it.
class ledger_notes {
public:
  /// `book` may be null: there are no ledgers.
  ledger_notes(const journal_file& file, ledger_book* book);

  void take(const record& from, record_index at);
  void finish(const sequence_rules::aggregates& ends);

private:
  const journal_file& file_;
  ledger_book* book_;
  std::uint32_t context_ = 0;
};

/// I1: what was acknowledged is there, what was refused for good is not. I6: nobody was shown less
/// than somebody had been told before he asked; by sorting, n log n. After all journals were read.
/// `only`: of this context; empty: of all.
void check_ledgers(ledger_book& book, const data_directory& all, std::string_view only, report& to);

} // namespace troupe::verify
