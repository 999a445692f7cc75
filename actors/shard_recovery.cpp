#include "actors/policy_runner.hpp"
#include "actors/shard.hpp"
#include "actors/state_rebuild.hpp"

#include <algorithm>

/// Opening, closing, and what is derived from the journal: snapshots, states, old dedup marks.
namespace troupe {
namespace {

/// Records whose command ids are still recognised; the window of P2. A day at 1,000 commands/s.
constexpr std::uint64_t marks_kept = 86'400'000;
/// Marks held while a long journal is read without a snapshot; the others go to the derived store.
constexpr std::size_t marks_in_scan_max = 1'000'000;
/// States written in one step of housekeeping: some milliseconds, which the lane's callers wait.
constexpr std::size_t states_per_step = 512;
/// Records behind the snapshot that the next owner of a shard reads faster than one is written.
constexpr std::uint64_t tail_left_max = 1'000;

} // namespace

shard::shard(shard_setting setting)
    : requesting_part(setting.key, *setting.on), setting_(std::move(setting)),
      random_(real_random()), memory_(setting_.identity.shards),
      feed_(*setting_.behaviour->info, setting_.identity.shard) {
  if (!setting_.load) setting_.load = std::make_shared<context_load>();
}

result<std::unique_ptr<shard>> shard::open(shard_setting setting) {
  std::unique_ptr<shard> made{new shard{std::move(setting)}};
  if (auto done = made->recover(); !done) {
    made->failed_ = true; // nothing to save when it is destroyed
    return done.error();
  }
  return made;
}

/// What whoever waits is told when the shard is closed. An ask that is open goes on at the new
/// owner, so its caller does not know how it ends: `otherwise` is kept, and the place says to come
/// again.
error shard::ended(errc otherwise) const {
  if (!moves_on_) return fail(otherwise, info().full_name() + " was stopped or restarted");
  auto why = fail(otherwise == errc::outcome_unknown ? otherwise : errc::not_owner,
                  info().full_name() + " shard " + std::to_string(setting_.key.shard) +
                      " has moved to another node");
  why.moved.emplace();
  return why;
}

shard::~shard() {
  let_go();
  forget_everything();
  // What it had open is its next owner's, which may be another node.
  setting_.counters->open_asks.store(0, std::memory_order_relaxed);
  setting_.counters->open_voids.store(0, std::memory_order_relaxed);
  setting_.counters->quarantined.store(0, std::memory_order_relaxed);
  setting_.counters->letters.store(0, std::memory_order_relaxed);
  setting_.counters->waiting.store(0, std::memory_order_relaxed);
}

bool shard::wind_down() {
  if (failed_) return false;
  if (!ends_.empty()) return true; // of timers in this round, not committed yet
  if (dirty_.size() > states_per_step) return flush_some(states_per_step).ok();
  if (memory_.head().value - snapshot_at_.value > tail_left_max && flush_states()) save_snapshot();
  return false;
}

void shard::hand_over() {
  moves_on_ = true;
  let_go();
  derived_.reset();
  journal_.reset();
}

/// Writes what is derived and answers whoever waits for more than an aggregate. Idempotent.
void shard::let_go() {
  closing_ = true;
  feed_.close(ended(errc::context_down), out().early);
  // What timers decided in this round is not committed: then the states are ahead of the journal.
  if (!failed_ && journal_ && ends_.empty()) {
    (void)flush_states();
    const auto tail = memory_.head().value - snapshot_at_.value;
    if (!moves_on_ || tail > tail_left_max) save_snapshot();
    (void)journal_->checkpoint(false);
  }
  const error unknown = ended(errc::outcome_unknown);
  for (const auto& each : answers_) {
    for (const auto& waiter : each.waiters)
      refuse(waiter, unknown);
    refuse(each.to, unknown);
  }
  answers_.clear();
  for (auto& [id, flying] : flying_) {
    for (const auto& waiter : flying.waiters)
      out().early.push_back({waiter, unknown});
    if (flying.guard) flying.guard->done(flying.permit, ask_end::ignored, {}, now());
  }
  flying_.clear();
}

result<void> shard::recover() {
  auto opened = setting_.store->open_journal(setting_.identity);
  if (!opened) return opened.error();
  journal_ = std::move(*opened);
  auto derived = setting_.store->open_derived(setting_.identity, info());
  if (!derived) return derived.error();
  derived_ = std::move(*derived);
  return replay_tail();
}

/// Folds snapshot and tail of the open journal into a fresh memory.
result<void> shard::replay_tail() {
  memory_ = shard_memory{setting_.identity.shards};
  const auto states = derived_->states_position();
  if (auto snapshot = derived_->load_snapshot();
      snapshot && snapshot->position <= journal_->head() && snapshot->position <= states) {
    if (!memory_.load(snapshot->blob, snapshot->position))
      memory_ = shard_memory{setting_.identity.shards}; // damaged: the journal has it all
  }
  snapshot_at_ = memory_.head();
  if (auto done = scan_tail(states); !done) return done;
  group_ = std::make_unique<actor_group>(
      setting_.on->actors(),
      [this](std::uint64_t actor, const std::string& why) { actor_ended(actor, why); });
  setting_.counters->records.store(journal_->head().value, std::memory_order_relaxed);
  count_promises();
  count_troubles();
  return {};
}

/// Reads the records behind the snapshot or the derived states, whichever is older. States that are
/// a little behind are made up for later, from each aggregate's chain; far behind, on the way.
result<void> shard::scan_tail(record_index states) {
  state_rebuild rebuilt{*setting_.behaviour, *derived_,
                        [this](aggregate_id id, const aggregate_instance& instance) {
                          return row_of(id, *memory_.find(id), instance);
                        }};
  const bool far_behind = journal_->head().value - states.value > state_rebuild::worth_while;
  bool rebuilds = far_behind;
  result<void> folded;
  record each;
  const record_index first{std::min(memory_.head().value, states.value) + 1};
  auto scanned = journal_->scan(first, [&](record_index at, std::string_view body) {
    folded = decode_record(body, each);
    if (folded && at > memory_.head()) folded = memory_.fold(each, at);
    while (memory_.dedup().size() > marks_in_scan_max && move_old_marks()) {
    }
    if (!folded || at <= states || each.events.empty()) return folded.ok();
    // An event that cannot be replayed is its aggregate's trouble, not the shard's.
    if (rebuilds && !rebuilt.fold(each, at)) rebuilds = false;
    if (!rebuilds) dirty_.insert(each.aggregate);
    return true;
  });
  if (!scanned) return scanned;
  if (!folded) return folded;
  if (!far_behind || (rebuilds && rebuilt.write(journal_->head()))) return {};
  return mark_changed_since(derived_->states_position());
}

/// For states that could not be rebuilt on the way: everything changed since has to be loaded.
result<void> shard::mark_changed_since(record_index states) {
  record each;
  result<void> read;
  auto scanned = journal_->scan({states.value + 1}, [&](record_index, std::string_view body) {
    read = decode_record(body, each);
    if (read && !each.events.empty()) dirty_.insert(each.aggregate);
    return read.ok();
  });
  if (!scanned) return scanned;
  return read;
}

void shard::resume() {
  for (const auto& [id, ask] : memory_.asks()) {
    after_commit_.push_back([this, ask_id = id] { send_ask(ask_id); });
  }
  for (const auto& [id, ask] : memory_.voids()) {
    after_commit_.push_back([this, ask_id = id] { send_void(ask_id, {}); });
  }
  for (const auto& [key, timer] : memory_.timers())
    arm_timer(key.first, key.second, timer.due_ms);
  take_deaths();
  for (const auto& [command, letter] : memory_.troubles().letters()) {
    if (letter.retried) after_commit_.push_back([this, id = command] { run_letter(id, {}); });
  }
  for (const auto& [id, why] : memory_.troubles().quarantines())
    arm_trial(id);
  setting_.on->touched(setting_.key);
  if (policies_.empty()) make_policies();
  for (auto& policy : policies_)
    policy->start();
}

/// One runner per source and shard of it; the shards of this context share a source's shards.
void shard::make_policies() {
  std::map<std::string_view, std::vector<const policy_behaviour*>> by_source;
  for (const auto& policy : setting_.behaviour->policies)
    by_source[policy.source].push_back(&policy);
  for (const auto& [source, behaviours] : by_source) {
    const auto sources = setting_.shards_of(source);
    for (std::uint32_t at = setting_.identity.shard.value; at < sources;
         at += setting_.identity.shards)
      policies_.push_back(std::make_unique<policy_runner>(*this, behaviours, shard_number{at}));
  }
}

/// Ends the actors and drops everything that is not on disk.
void shard::forget_everything() {
  forget_all();
  for (auto& policy : policies_)
    policy->stop();
  for (auto& [number, waits] : std::exchange(put_aside_, {}))
    refuse(waits.from, ended(errc::context_down));
  for (const auto& [id, who] : residents_) {
    auto* entry = memory_.find(id);
    if (entry == nullptr || !entry->live) continue;
    if (const auto line = std::exchange(entry->live->waiting, nullptr)) {
      for (auto* each : *line)
        refuse(each, ended(errc::context_down));
    }
    if (entry->live->actor) group_->stop(std::move(entry->live->actor));
  }
  if (group_) setting_.on->actors().run();
  for (const auto& [id, who] : residents_) {
    if (auto* entry = memory_.find(id)) entry->live.reset();
  }
  residents_.clear();
  sweep_hand_ = 0;
  watch_.reset();
  chores_.clear();
  group_.reset();
  ended_.clear();
  flying_.clear();
  dirty_.clear();
  new_positions_.clear();
  after_commit_.clear();
  bytes_.clear();
  ends_.clear();
  for (auto* each : released_)
    pool_.give_back(each);
  released_.clear();
  given_out_.clear();
  nobody_waits();
  unborn_.clear();
  full_asks_.clear();
  setting_.counters->residents.store(0, std::memory_order_relaxed);
}

/// After a failed commit: nobody is told more than is known, and the shard starts from its journal.
void shard::rebuild(const error& why) {
  for (auto& each : answers_) {
    for (const auto& waiter : each.waiters)
      refuse(waiter, why);
    refuse(each.to, why);
  }
  answers_.clear();
  for (auto& [id, flying] : flying_) {
    // An ask that was not sent yet was opened in the batch that failed, and shares its fate.
    const bool lost = flying.token == 0 && flying.guard != nullptr;
    for (const auto& waiter : flying.waiters)
      refuse(waiter,
             lost ? why : fail(errc::outcome_unknown, "the shard was restarted: " + why.message));
    if (flying.guard) flying.guard->done(flying.permit, ask_end::ignored, {}, now());
  }
  feed_.close(fail(errc::context_down, info().full_name() + " restarts a shard"), out().early);
  forget_everything();
  const bool full = why.code == errc::storage_full;
  setting_.counters->storage_full.store(full, std::memory_order_relaxed);
  if (why.code == errc::fenced) return give_up(why);
  std::uint64_t heals = 0;
  if (setting_.heals != nullptr) {
    const auto subject = info().full_name() + " shard " + std::to_string(setting_.key.shard);
    const auto begun = setting_.heals->begin(healing_action::restart_shard, subject, why.message);
    if (!begun) return give_up(why); // its supervisor waits until it may
    heals = *begun;
  }
  setting_.counters->recovers.store(true, std::memory_order_relaxed);
  result<void> done;
  if (full) {
    done = replay_tail(); // the journal is as it was before the commit
  } else {
    derived_.reset();
    journal_.reset(); // releases the file before it is opened again
    done = recover();
  }
  setting_.counters->recovers.store(false, std::memory_order_relaxed);
  if (setting_.heals != nullptr)
    setting_.heals->end(heals, done.ok(),
                        done ? std::string{"its journal is folded again"} : done.error().message);
  if (!done) return give_up(done.error());
  if (!full) resume(); // else once there is space again
}

void shard::give_up(const error& why) {
  failed_ = true;
  if (setting_.failed) setting_.failed(why);
}

/// Hands some of the dedup window's oldest marks to the derived store; false if it has none to
/// spare.
bool shard::move_old_marks() {
  const auto old = memory_.dedup().overflow();
  if (old.empty() || old.back().at > journal_->head() || !derived_->remember(old)) return false;
  memory_.dedup().dropped(old.size());
  return true;
}

bool shard::maintain(bool idle) {
  if (failed_) return false;
  auto& counters = *setting_.counters;
  counters.waiting.store(waiting_, std::memory_order_relaxed);
  bool more = false;
  if (counters.storage_full.load(std::memory_order_relaxed) && journal_->probe().ok()) {
    counters.storage_full.store(false, std::memory_order_relaxed);
    resume();
  }
  (void)journal_->checkpoint(!idle);
  if ((idle && !dirty_.empty()) || dirty_.size() > setting_.limits.dirty_states_max)
    more = flush_some(states_per_step).ok() && !dirty_.empty();
  (void)move_old_marks();
  if (idle && memory_.head().value > marks_kept)
    (void)derived_->forget_marks({memory_.head().value - marks_kept});
  const auto since = memory_.head().value - snapshot_at_.value;
  if (since > setting_.limits.snapshot_every ||
      (idle && since > setting_.limits.snapshot_when_idle)) {
    if (flush_states()) save_snapshot();
  }
  more = sweep_residents(idle) || more;
  if (!counters.storage_full.load(std::memory_order_relaxed)) more = expire_letters() || more;
  return more || counters.storage_full.load(std::memory_order_relaxed);
}

void shard::save_snapshot() {
  if (memory_.head() == snapshot_at_ || memory_.head() != journal_->head()) return;
  if (derived_->save_snapshot(memory_.head(), memory_.save())) snapshot_at_ = memory_.head();
}

record_index shard::position(std::string_view policy, std::string_view source,
                             shard_number source_shard) const {
  auto& positions = const_cast<shard_memory&>(memory_).positions();
  const auto at = positions.find({std::string{policy}, std::string{source}, source_shard});
  return at == positions.end() ? record_index{1} : at->second;
}

void shard::note_position(std::string_view policy, std::string_view source,
                          shard_number source_shard, record_index next, bool now_please) {
  new_positions_[{std::string{policy}, std::string{source}, source_shard}] = next;
  if (now_please) setting_.on->touched(setting_.key);
}

} // namespace troupe
