#include "bin/verify/verification.hpp"

#include "bin/verify/ledger_rules.hpp"

namespace troupe::verify {

namespace {

result<void> read_ledgers(const options& wanted, ledger_book& to) {
  for (const auto& path : wanted.ledgers)
    if (auto done = to.read(path); !done) return done;
  return {};
}

} // namespace

result<report> verify(const options& wanted) {
  ledger_book book;
  if (auto done = read_ledgers(wanted, book); !done) return done.error();
  report made{wanted.findings_max};
  auto opened = data_directory::open(wanted.directory, made);
  if (!opened) return opened.error();
  auto& all = *opened;
  checking with{all, made, wanted.ledgers.empty() ? nullptr : &book, wanted.told};
  for (auto& journal : all.journals()) {
    if (!wanted.context.empty() && journal.context != wanted.context) continue;
    (void)check_journal(journal, with);
  }
  if (with.book != nullptr) check_ledgers(book, all, wanted.context, made);
  return made;
}

} // namespace troupe::verify
