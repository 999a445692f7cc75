#include "bin/verify/journal_check.hpp"

#include "bin/verify/command_rules.hpp"
#include "bin/verify/ledger_rules.hpp"
#include "bin/verify/promise_rules.hpp"
#include "bin/verify/reference_rules.hpp"

namespace troupe::verify {

namespace {

/// What a turn's outcome has besides, and what it cannot have; empty: nothing is wrong.
std::string_view contradiction_in(const record& from) {
  if (!from.aggregate.given()) return {};
  switch (from.outcome) {
  case turn_outcome::accepted:
    if (from.rejection) return "it was accepted and has a rejection";
    return from.ask_opened ? "it was accepted and asks" : std::string_view{};
  case turn_outcome::rejected:
    if (!from.rejection) return "it was rejected without saying why";
    return from.events.empty() ? std::string_view{} : "it was rejected and has events";
  case turn_outcome::asked:
    if (!from.ask_opened) return "it waits for an answer and asks nothing";
    return from.events.empty() ? std::string_view{} : "it waits for an answer and has events";
  }
  return {};
}

class journal_checker {
public:
  journal_checker(journal_file& file, checking& with)
      : file_(file), with_(with), sequences_(file, with.to), commands_(file, with.to),
        promises_(file, with.to), references_(file, with.all, with.to), notes_(file, with.book) {}

  sequence_rules::aggregates run(derived_reader* derived);

private:
  void take(const journal_reader::stored& stored);
  void take(const record& from, record_index at);

  journal_file& file_;
  checking& with_;
  sequence_rules sequences_;
  command_rules commands_;
  promise_rules promises_;
  reference_rules references_;
  ledger_notes notes_;
  record decoded_;
};

sequence_rules::aggregates journal_checker::run(derived_reader* derived) {
  auto& to = with_.to;
  const auto found_before = to.total();
  if (const auto now = file_.reader->head())
    file_.head = *now;
  else
    to.found(rule::files, place_of(file_, 0), now.error().message);
  const auto until = file_.head;
  ++to.journals;
  std::uint64_t done = 0;
  const auto scanned = file_.reader->scan(until, [&](const journal_reader::stored& stored) {
    if (with_.told && ++done % progress_every == 0) with_.told(file_.name, done, until.value);
    take(stored);
    return true;
  });
  if (!scanned) to.found(rule::whole, place_of(file_, 0), scanned.error().message);
  sequences_.finish(scanned ? until : record_index{});
  commands_.finish(derived);
  notes_.finish(sequences_.ends());
  file_.sound = to.total() == found_before;
  return std::move(sequences_.ends());
}

void journal_checker::take(const journal_reader::stored& stored) {
  auto& to = with_.to;
  ++to.records;
  to.bytes += stored.record.size();
  to.checked(rule::whole);
  if (!sequences_.take_index(stored.index)) return;
  if (!stored.matches)
    to.found(rule::whole, place_of(file_, stored.index), "the record does not match its checksum");
  const auto decoded = decode_record(stored.record, decoded_);
  if (!decoded) {
    if (stored.matches)
      to.found(rule::whole, place_of(file_, stored.index), decoded.error().message);
    return;
  }
  // A damaged record that can be read is judged all the same: it keeps the rest in its place.
  take(decoded_, {static_cast<std::uint64_t>(stored.index)});
}

void journal_checker::take(const record& from, record_index at) {
  with_.to.events += from.events.size();
  if (const auto wrong = contradiction_in(from); !wrong.empty())
    with_.to.found(rule::whole, place_of(file_, from, at), std::string{wrong});
  sequences_.take(from, at);
  commands_.take(from, at);
  promises_.take(from, at);
  references_.take(from, at);
  notes_.take(from, at);
}

} // namespace

sequence_rules::aggregates check_journal(journal_file& file, derived_reader* derived,
                                         checking& with) {
  return journal_checker{file, with}.run(derived);
}

result<void> visit_records(journal_file& file, record_index from, record_index until,
                           const std::function<bool(const record&, record_index)>& visit) {
  record decoded;
  return file.reader->scan(from, until, [&](const journal_reader::stored& stored) {
    if (!stored.matches || !decode_record(stored.record, decoded)) return true;
    return visit(decoded, {static_cast<std::uint64_t>(stored.index)});
  });
}

} // namespace troupe::verify
