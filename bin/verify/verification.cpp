#include "bin/verify/verification.hpp"

#include "bin/verify/ledger_rules.hpp"
#include "bin/verify/snapshot_rules.hpp"
#include "bin/verify/state_rules.hpp"
#include "bin/verify/view_rules.hpp"

namespace troupe::verify {

namespace {

class verifier {
public:
  verifier(const options& wanted, data_directory& all, report& to, ledger_book* book)
      : wanted_(wanted), with_{all, to, book, wanted.told} {}
  void run();

private:
  [[nodiscard]] bool is_wanted(std::string_view context) const {
    return wanted_.context.empty() || context == wanted_.context;
  }
  void check(journal_file& file);
  [[nodiscard]] std::unique_ptr<derived_reader> open_derived(const journal_file& file);
  void check_derived(journal_file& file, sequence_rules::aggregates& ends, derived_reader* derived);
  void check_missing_journals();

  const options& wanted_;
  checking with_;
};

void verifier::run() {
  check_missing_journals();
  for (auto& journal : with_.all.journals())
    if (is_wanted(journal.context)) check(journal);
  if (with_.book != nullptr) check_ledgers(*with_.book, with_.all, wanted_.context, with_.to);
  for (const auto& view : with_.all.view_files())
    if (is_wanted(view.context)) check_view(view, with_);
}

/// What was derived tells of a journal that is gone.
void verifier::check_missing_journals() {
  for (const auto& derived : with_.all.derived_files()) {
    if (!is_wanted(derived.context)) continue;
    if (with_.all.journal(derived.context, derived.shard) == nullptr)
      with_.to.found(
          rule::acknowledged,
          {derived.path.filename().string(), derived.context, derived.shard.value},
          "there is a derived file without its journal, or with one that cannot be read");
  }
}

/// The derived file is read as of a moment before the journal's newest record is looked up, because
/// it must never be ahead.
void verifier::check(journal_file& file) {
  const auto derived = open_derived(file);
  auto ends = check_journal(file, derived.get(), with_);
  check_derived(file, ends, derived.get());
}

std::unique_ptr<derived_reader> verifier::open_derived(const journal_file& file) {
  const auto* const at = with_.all.derived(file.context, file.shard);
  if (at == nullptr || file.behaviour == nullptr) return nullptr;
  const auto name = at->path.filename().string();
  auto opened = derived_reader::open(at->path, *file.behaviour->info);
  if (!opened && opened.error().code == errc::wrong_format) {
    with_.to.note(name + ": of another version; a node makes it anew, it is not compared");
    return nullptr;
  }
  if (!opened) {
    with_.to.found(rule::files, {name, file.context, file.shard.value}, opened.error().message);
    return nullptr;
  }
  with_.to.checked(rule::files);
  ++with_.to.derived_files;
  const auto journal = (*opened)->journal_id();
  if (journal != 0 && journal != file.reader->about().made_id) {
    with_.to.note(name + ": of another journal of this name; a node makes it anew, it is not "
                         "compared");
    return nullptr;
  }
  if (auto sound = (*opened)->check_structure(); !sound)
    with_.to.found(rule::files, {name, file.context, file.shard.value}, sound.error().message);
  return std::move(*opened);
}

void verifier::check_derived(journal_file& file, sequence_rules::aggregates& ends,
                             derived_reader* derived) {
  if (file.behaviour == nullptr || !file.behaviour->make_aggregate) return;
  if (!file.sound) {
    with_.to.note(file.name + ": its states are not compared, because the journal is damaged");
    return;
  }
  if (derived != nullptr && derived->states_position() > file.head)
    with_.to.found(rule::acknowledged, place_of(file, static_cast<std::int64_t>(file.head.value)),
                   "the journal ends here, but its derived file has everything up to record " +
                       std::to_string(derived->states_position().value) + ": its end is lost");
  check_states(file, ends, derived, with_);
  if (derived != nullptr) check_snapshot(file, *derived, with_);
}

result<void> read_ledgers(const options& wanted, ledger_book& to) {
  for (const auto& path : wanted.ledgers)
    if (auto done = to.read(path); !done) return done;
  return {};
}

bool has_context(data_directory& all, const std::string& context) {
  if (all.shards_of(context) > 0) return true;
  for (const auto& view : all.view_files())
    if (view.context == context) return true;
  return false;
}

} // namespace

result<report> verify(const options& wanted) {
  ledger_book book;
  if (auto done = read_ledgers(wanted, book); !done) return done.error();
  report made{wanted.findings_max};
  auto opened = data_directory::open(wanted.directory, made);
  if (!opened) return opened.error();
  if (!wanted.context.empty() && !has_context(*opened, wanted.context))
    return fail(errc::not_found,
                "there is nothing of " + wanted.context + " in " + wanted.directory.string());
  verifier{wanted, *opened, made, wanted.ledgers.empty() ? nullptr : &book}.run();
  return made;
}

} // namespace troupe::verify
