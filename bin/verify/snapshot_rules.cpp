#include "bin/verify/snapshot_rules.hpp"

#include "actors/resident.hpp"
#include "actors/shard_memory.hpp"

#include <tuple>
#include <unordered_map>

namespace troupe::verify {

namespace {

auto tie_of(const open_ask& from) {
  return std::tie(from.id, from.target_context, from.target, from.name, from.payload,
                  from.timeout_ms, from.reads_only, from.aggregate, from.command, from.command_hash,
                  from.command_name, from.command_payload, from.correlation, from.trace);
}

bool same(const open_ask& left, const open_ask& right) {
  return tie_of(left) == tie_of(right);
}
bool same(const durable_timer& left, const durable_timer& right) {
  return std::tie(left.due_ms, left.command, left.payload) ==
         std::tie(right.due_ms, right.command, right.payload);
}
bool same(record_index left, record_index right) {
  return left == right;
}

template <class Trouble> bool same(const Trouble& left, const Trouble& right) {
  return left == right;
}

std::string text_of(aggregate_id id) {
  return "of aggregate " + std::to_string(id.number);
}
std::string text_of(command_id id) {
  return id.text();
}
std::string text_of(const shard_memory::timer_key& key) {
  return key.second + " of aggregate " + std::to_string(key.first.number);
}
std::string text_of(const shard_memory::position_key& key) {
  return key.policy + " on " + key.source + " shard " + std::to_string(key.shard.value);
}

class snapshot_checker {
public:
  snapshot_checker(journal_file& file, checking& with, shard_memory& saved)
      : file_(file), with_(with), saved_(saved), folded_(file.shards) {}
  void run();

private:
  [[nodiscard]] bool fold();
  void take_mark(const record& from, record_index at, command_id command);
  void check_heads();
  void check_marks();
  template <class Map> void check_same(std::string_view what, Map& saved, Map& folded);
  void wrong(const std::string& what) {
    with_.to.found(rule::states, place_of(file_, static_cast<std::int64_t>(saved_.head().value)),
                   "the shard's snapshot of this record " + what);
  }

  journal_file& file_;
  checking& with_;
  shard_memory& saved_;
  shard_memory folded_;
  std::unordered_map<command_id, record_index> marks_; ///< of the snapshot, not seen yet
};

void snapshot_checker::run() {
  for (const auto& mark : saved_.dedup().finished())
    marks_[mark.command] = mark.at;
  if (!fold()) return;
  check_heads();
  check_marks();
  check_same("ask", saved_.asks(), folded_.asks());
  check_same("void", saved_.voids(), folded_.voids());
  check_same("timer", saved_.timers(), folded_.timers());
  check_same("position of policy", saved_.positions(), folded_.positions());
  const auto& saved_troubles = saved_.troubles();
  const auto& folded_troubles = folded_.troubles();
  check_same("crash count", saved_troubles.all_crashes(), folded_troubles.all_crashes());
  check_same("dead letter", saved_troubles.letters(), folded_troubles.letters());
  check_same("quarantine", saved_troubles.quarantines(), folded_troubles.quarantines());
  if (saved_.epoch() != folded_.epoch())
    wrong("has epoch " + std::to_string(saved_.epoch().value) + " instead of " +
          std::to_string(folded_.epoch().value));
  // Ids that were given for commands without a record are not given again, so it may be further.
  if (saved_.next_local() < folded_.next_local())
    wrong("would give ids of aggregates a second time");
  with_.to.checked(rule::states);
}

/// Folds the journal up to the snapshot's record. False where it cannot be folded, which the rules
/// of its records have told already.
bool snapshot_checker::fold() {
  bool whole = true;
  auto& window = folded_.dedup();
  const auto until = saved_.head();
  const auto read = visit_records(file_, {1}, until, [&](const record& from, record_index at) {
    if (with_.told && at.value % progress_every == 0)
      with_.told("snapshot of " + file_.name, at.value, until.value);
    whole = folded_.fold(from, at).ok();
    if (from.command.given()) take_mark(from, at, from.command);
    if (from.voided) take_mark(from, at, *from.voided);
    if (const auto old = window.overflow(); !old.empty()) window.dropped(old.size());
    return whole;
  });
  return read && whole && folded_.head() == until;
}

void snapshot_checker::take_mark(const record&, record_index at, command_id command) {
  const auto known = marks_.find(command);
  if (known != marks_.end() && known->second == at) marks_.erase(known);
}

void snapshot_checker::check_marks() {
  for (const auto& [command, at] : marks_)
    wrong("remembers command " + command.text() + " by record " + std::to_string(at.value) +
          ", which does not speak of it");
}

void snapshot_checker::check_heads() {
  std::size_t held = 0;
  for (const auto& [id, entry] : folded_.all()) {
    ++held;
    const auto* const other = saved_.find(id);
    const auto name = "aggregate " + std::to_string(id.number);
    if (other == nullptr || other->seq == 0)
      wrong("does not know " + name);
    else if (other->seq != entry.seq || other->head != entry.head)
      wrong("has turn " + std::to_string(other->seq) + " and record " +
            std::to_string(other->head.value) + " of " + name + " instead of " +
            std::to_string(entry.seq) + " and " + std::to_string(entry.head.value));
  }
  if (saved_.all().size() > held)
    wrong("knows " + std::to_string(saved_.all().size()) + " aggregates, the journal " +
          std::to_string(held));
}

template <class Map>
void snapshot_checker::check_same(std::string_view what, Map& saved, Map& folded) {
  const std::string name{what};
  for (const auto& [key, held] : folded) {
    const auto other = saved.find(key);
    if (other == saved.end())
      wrong("lacks " + name + ' ' + text_of(key));
    else if (!same(other->second, held))
      wrong("has another " + name + ' ' + text_of(key));
  }
  for (const auto& [key, held] : saved)
    if (!folded.contains(key)) wrong("has " + name + ' ' + text_of(key) + ", which is not open");
}

} // namespace

void check_snapshot(journal_file& file, derived_reader& derived, checking& with) {
  const auto stored = derived.snapshot();
  if (!stored) return with.to.found(rule::states, place_of(file, 0), stored.error().message);
  if (!*stored) return;
  const auto position = (*stored)->snapshot.position;
  const auto where = place_of(file, static_cast<std::int64_t>(position.value));
  if (!(*stored)->matches)
    return with.to.found(rule::states, where, "the shard's snapshot does not match its checksum");
  if (position > file.head)
    return with.to.found(rule::acknowledged, where,
                         "the shard's snapshot is of this record, but the journal ends at " +
                             std::to_string(file.head.value) + ": its end is lost");
  shard_memory saved{file.shards};
  if (auto done = saved.load((*stored)->snapshot.blob, position); !done)
    return with.to.found(rule::states, where, done.error().message);
  snapshot_checker{file, with, saved}.run();
}

} // namespace troupe::verify
