#include "bin/verify/state_rules.hpp"

#include <memory>
#include <unordered_map>

namespace troupe::verify {

namespace {

using stored_state = derived_reader::stored_state;

class state_checker {
public:
  state_checker(journal_file& file, sequence_rules::aggregates& ends, derived_reader* derived,
                checking& with, std::size_t at_once)
      : file_(file), ends_(ends), derived_(derived), with_(with), at_once_(at_once) {}
  void run();

private:
  struct folding {
    std::unique_ptr<aggregate_instance> state;
    std::unique_ptr<aggregate_instance> again; ///< the same events, folded a second time
    record_index saved;                        ///< record that the derived state names; 0: none
    bool stale = false;                        ///< said already
  };

  void read_once();
  void take(const record& from, record_index at);
  [[nodiscard]] folding* hold(const record& from, sequence_rules::aggregate_end& end);
  void check_contained(folding& held, const record& from, record_index at);
  void compare(const folding& held, const record& from, record_index at);
  void compare(const stored_state& stored, const folding& held, const record& from,
               record_index at);
  [[nodiscard]] std::string expected_of(const folding& held, const stored_state& stored) const;
  void check_twins(const folding& held, const record& from, record_index at);
  void check_rows();
  void wrong(const record& from, record_index at, const std::string& what) {
    with_.to.found(rule::states, place_of(file_, from, at), what);
  }

  journal_file& file_;
  sequence_rules::aggregates& ends_;
  derived_reader* derived_;
  checking& with_;
  const std::size_t at_once_;
  std::unordered_map<aggregate_id, folding> held_;
  bool postponed_ = false;
};

void state_checker::run() {
  do
    read_once();
  while (postponed_);
  if (derived_ != nullptr) check_rows();
}

void state_checker::read_once() {
  postponed_ = false;
  const auto until = file_.head;
  const auto read = visit_records(file_, {1}, until, [&](const record& from, record_index at) {
    if (with_.told && at.value % progress_every == 0)
      with_.told("states of " + file_.name, at.value, until.value);
    if (from.aggregate.given()) take(from, at);
    return true;
  });
  if (!read) with_.to.found(rule::whole, place_of(file_, 0), read.error().message);
  held_.clear();
}

void state_checker::take(const record& from, record_index at) {
  const auto known = ends_.find(from.aggregate);
  // What was written after the journal was checked is not judged.
  if (known == ends_.end() || known->second.judged || at > known->second.head) return;
  auto& end = known->second;
  auto* const held = hold(from, end);
  if (held == nullptr) return;
  for (const auto& event : from.events) {
    auto done = held->state->replay(event.name, event.payload);
    if (done) done = held->again->replay(event.name, event.payload);
    if (done) continue;
    wrong(from, at,
          "its event " + std::string{event.name} + " cannot be replayed: " + done.error().message);
    end.judged = true;
    held_.erase(from.aggregate);
    return;
  }
  check_contained(*held, from, at);
  if (at == held->saved) compare(*held, from, at);
  if (at != end.head) return;
  check_twins(*held, from, at);
  if (held->saved > at)
    wrong(from, at,
          "its derived state is that of record " + std::to_string(held->saved.value) +
              ", which is no record of it");
  end.judged = true;
  held_.erase(from.aggregate);
}

/// Null if its turn comes in a later reading: there are too many already, or were at its first
/// turn.
state_checker::folding* state_checker::hold(const record& from,
                                            sequence_rules::aggregate_end& end) {
  const auto id = from.aggregate;
  const auto known = held_.find(id);
  if (known != held_.end()) return &known->second;
  if (held_.size() >= at_once_ || from.seq != 1) {
    postponed_ = true;
    return nullptr;
  }
  folding made{file_.behaviour->make_aggregate(), file_.behaviour->make_aggregate(), {}, false};
  if (derived_ != nullptr) {
    const auto row = derived_->find(id);
    if (!row) {
      with_.to.found(rule::states, place_of(file_, 0), row.error().message);
      end.judged = true;
      return nullptr;
    }
    if (*row) made.saved = (*row)->row.head;
  }
  return &held_.emplace(id, std::move(made)).first->second;
}

/// What the file says it contains must be in the row.
void state_checker::check_contained(folding& held, const record& from, record_index at) {
  if (derived_ == nullptr || from.events.empty() || held.stale) return;
  if (at > derived_->states_position() || held.saved >= at) return;
  held.stale = true;
  wrong(from, at,
        held.saved.value == 0
            ? "the derived file has no state of the aggregate, although it has everything up to "
              "record " +
                  std::to_string(derived_->states_position().value)
            : "the derived state is that of record " + std::to_string(held.saved.value) +
                  ", although the file has everything up to record " +
                  std::to_string(derived_->states_position().value));
}

void state_checker::compare(const folding& held, const record& from, record_index at) {
  with_.to.checked(rule::states);
  const auto row = derived_->find(from.aggregate);
  if (!row || !*row)
    return with_.to.found(rule::states, place_of(file_, from, at), "its derived state is gone");
  compare(**row, held, from, at);
}

void state_checker::compare(const stored_state& stored, const folding& held, const record& from,
                            record_index at) {
  if (!stored.matches) return wrong(from, at, "its derived state does not match its checksum");
  if (stored.row.seq != from.seq)
    wrong(from, at, "its derived state says it is that of turn " + std::to_string(stored.row.seq));
  if (stored.row.live != held.state->exists())
    wrong(from, at,
          stored.row.live ? "its derived state is listed, but it is gone"
                          : "its derived state is not listed, but it is there");
  if (stored.row.state != expected_of(held, stored))
    return wrong(from, at, "its derived state is not the fold of its events");
  if (stored.row.filters != stored.filters_due)
    wrong(from, at, "lists would find it by other values than its state has");
}

/// The fold's state as the derived file would have it: a state written by an earlier build may lack
/// a field, so it is compared as this build reads it.
std::string state_checker::expected_of(const folding& held, const stored_state& stored) const {
  std::string folded;
  held.state->write_state(folded);
  if (folded == stored.row.state) return folded;
  const auto known = file_.behaviour->make_aggregate();
  std::string read_back;
  if (known->read_state(stored.row.state, stored.row.live)) known->write_state(read_back);
  return read_back == folded ? stored.row.state : folded;
}

void state_checker::check_twins(const folding& held, const record& from, record_index at) {
  with_.to.checked(rule::states);
  std::string once;
  std::string again;
  held.state->write_state(once);
  held.again->write_state(again);
  if (content_hash(once) != content_hash(again) || held.state->exists() != held.again->exists())
    wrong(from, at, "its events folded twice give two different states");
}

void state_checker::check_rows() {
  std::int64_t live = 0;
  const auto read = derived_->scan([&](aggregate_id id, record_index head, bool is_live) {
    live += is_live ? 1 : 0;
    const auto known = ends_.find(id);
    if (known != ends_.end() && known->second.last_event.value != 0) return;
    if (head > file_.head) return; // the file is ahead, which is said once for all of it
    auto where = place_of(file_, static_cast<std::int64_t>(head.value));
    where.aggregate = id.number;
    with_.to.found(rule::states, where, "the derived file has a state of it, the journal no event");
  });
  if (!read) return with_.to.found(rule::states, place_of(file_, 0), read.error().message);
  if (live != derived_->live_rows())
    with_.to.found(rule::states, place_of(file_, 0),
                   "the derived file counts " + std::to_string(derived_->live_rows()) +
                       " listed states and has " + std::to_string(live));
}

} // namespace

void check_states(journal_file& file, sequence_rules::aggregates& ends, derived_reader* derived,
                  checking& with, std::size_t at_once) {
  state_checker{file, ends, derived, with, at_once}.run();
}

} // namespace troupe::verify
