#include "actors/lane.hpp"

#include <algorithm>
#include <utility>

namespace troupe {
namespace {

constexpr std::chrono::milliseconds housekeeping_after{500}; ///< of quiet, before idle maintenance
constexpr std::chrono::milliseconds housekeeping_step{5};    ///< between its pieces
constexpr std::chrono::seconds housekeeping_every{10};       ///< even if nothing happened
constexpr std::chrono::nanoseconds slice_time{10'000'000};   ///< for clients, while others ask
constexpr std::size_t slice_least = 64;
constexpr std::chrono::milliseconds lease_look_every{5}; ///< while the lease is over
constexpr std::chrono::milliseconds looks_a_round{1};    ///< that a round may spend on them

/// Of subscriptions that ended with the part they were for.
bool is_about_earlier(request_kind kind) {
  return kind == request_kind::credit || kind == request_kind::unsubscribe;
}

/// Whether somebody waits for the answer, and not for ever.
bool has_deadline(request_kind kind) {
  return kind == request_kind::command || kind == request_kind::get ||
         kind == request_kind::query || kind == request_kind::list;
}

gate_request seen_by_gate(const lane::mail& from) {
  const auto& content = from.what.content;
  gate_request seen;
  seen.context = from.to.context;
  seen.bytes = sizeof(lane::mail) + content.payload.size() + content.context.size() +
               content.name.size() + content.correlation.size();
  seen.outside = !from.what.internal && has_deadline(content.kind);
  seen.time = from.what.deadline - from.posted;
  return seen;
}

void deliver_refusals(std::vector<answer>& refused) {
  for (auto& each : refused) {
    if (each.to.port == nullptr) continue;
    std::vector<answer> one;
    auto* port = each.to.port;
    one.push_back(std::move(each));
    port->deliver(one);
  }
}

} // namespace

lane::lane(lane_options options, actor_runtime& runtime, request_handler& router, const clock& time)
    : options_(options), actors_(runtime), router_(router), clock_(time), gate_(options.gate),
      now_(time.monotonic()), wall_(time.wall()), slice_(options.batch_max) {
  publish_gate();
}

lane::~lane() {
  stop();
  discarded_.clear();
  parts_.clear();
}

void lane::start() {
  thread_ = std::thread{[this] { work(); }};
}

void lane::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void lane::post(std::vector<mail>& batch) {
  std::vector<answer> refused;
  const monotonic_time now = clock_.monotonic(); // before the lock: waiting for it is waiting too
  {
    const std::lock_guard lock{mutex_};
    if (!batch.empty() && counters_.inbox_since.load(std::memory_order_relaxed) == 0)
      counters_.inbox_since.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    for (auto& each : batch) {
      each.posted = now;
      if (options_.measures && each.what.from.arrived == monotonic_time{})
        each.what.from.arrived = now;
      const auto seen = seen_by_gate(each);
      const auto verdict = gate_.enter(seen, now);
      if (verdict == lane_gate::verdict::enters) {
        (seen.outside ? inbox_.outside : inbox_.inside).mails.push_back(std::move(each));
        continue;
      }
      error overload = fail(errc::overloaded, "lane " + std::to_string(options_.number) + ": " +
                                                  std::string{name_of(verdict)} + "; slow down");
      overload.retry_after_ms = static_cast<std::int32_t>(gate_.retry_after().count());
      refused.push_back({each.what.from, std::move(overload)});
    }
    publish_gate();
    if (sleeping_) wake_.notify_one();
  }
  batch.clear();
  deliver_refusals(refused);
}

/// What was taken up for this round still waits.
void lane::publish_oldest() {
  auto oldest = monotonic_time::max();
  for (const line* each : {&taken_.inside, &taken_.outside, &inbox_.inside, &inbox_.outside})
    if (!each->over()) oldest = std::min(oldest, each->mails[each->next].posted);
  const bool none = oldest == monotonic_time::max();
  counters_.inbox_since.store(none ? 0 : oldest.time_since_epoch().count(),
                              std::memory_order_relaxed);
}

void lane::publish_gate() {
  constexpr auto relaxed = std::memory_order_relaxed;
  counters_.inbox.store(gate_.waiting(), relaxed);
  counters_.inbox_bytes.store(gate_.bytes(), relaxed);
  counters_.inbox_limit.store(gate_.limit(), relaxed);
  counters_.refused.store(gate_.refused(), relaxed);
}

void lane::deliver(std::vector<answer>& batch) {
  const std::lock_guard lock{mutex_};
  std::move(batch.begin(), batch.end(), std::back_inserter(inbox_.answers));
  batch.clear();
  if (sleeping_) wake_.notify_one();
}

void lane::control(std::function<void(lane&)> what) {
  const std::lock_guard lock{mutex_};
  inbox_.controls.push_back(std::move(what));
  if (sleeping_) wake_.notify_one();
}

void lane::add(part_key key, std::unique_ptr<lane_part> part) {
  parts_[key.packed()] = {std::move(part), ++instances_, false};
}

std::unique_ptr<lane_part> lane::remove(part_key key) {
  const auto at = parts_.find(key.packed());
  if (at == parts_.end()) return nullptr;
  auto part = std::move(at->second.part);
  parts_.erase(at);
  return part;
}

lane_part* lane::find(part_key key) {
  const auto at = parts_.find(key.packed());
  return at == parts_.end() ? nullptr : at->second.part.get();
}

void lane::at(monotonic_time when, part_key part, std::function<void()> then) {
  const auto held = parts_.find(part.packed());
  if (held == parts_.end()) return; // it is being removed
  timers_.emplace(when, due{part, held->second.instance, std::move(then)});
}

void lane::at(monotonic_time when, std::function<void()> then) {
  timers_.emplace(when, due{{}, 0, std::move(then)});
}

void lane::touched(part_key part) {
  const auto at = parts_.find(part.packed());
  if (at == parts_.end() || at->second.touched) return;
  at->second.touched = true;
  touched_.push_back(part.packed());
}

bool lane::step() {
  now_ = clock_.monotonic();
  wall_ = clock_.wall();
  time_for_looks_ = looks_a_round;
  {
    const std::lock_guard lock{mutex_};
    // What was left of the last round goes first; new mail keeps its order behind it.
    for (auto part : {&incoming::inside, &incoming::outside}) {
      auto& left = taken_.*part;
      if (!left.over()) continue;
      left.mails.clear();
      left.next = 0;
      std::swap(left.mails, (inbox_.*part).mails);
    }
    if (!departures_.empty()) {
      gate_.leave(departures_, now_);
      departures_.clear();
      publish_gate();
    }
    publish_oldest();
    std::swap(taken_.answers, inbox_.answers);
    std::swap(taken_.controls, inbox_.controls);
  }
  const bool timers_fired = run_due();
  const bool busy = timers_fired || !taken_.empty();
  if (busy) receive();
  actors_.run();
  note_waits();
  if (busy) fit_slice();
  if (!may_serve()) return true;
  leave(outbox_.early);
  commit_touched();
  if (!may_serve()) return true;
  leave(outbox_.early); // what had to wait for the commit to see it
  leave(outbox_.answers);
  note_answers();
  if (!outbox_.requests.empty()) router_.submit(outbox_.requests);
  maintain_touched();
  discarded_.clear();
  if (busy) counters_.rounds.fetch_add(1, std::memory_order_relaxed);
  return busy;
}

void lane::receive() {
  for (auto& each : taken_.controls)
    each(*this);
  taken_.controls.clear();
  asks_ = false;
  for (auto& each : taken_.answers) {
    asks_ = asks_ || !std::holds_alternative<event_push>(each.content);
    if (auto* part = find(part_key::unpack(each.to.connection))) part->receive(each);
  }
  taken_.answers.clear();
  // Asks and reactions first, so that no flood of clients keeps others from their answers; each of
  // the two lines has its share of the round, so neither starves.
  take_up(taken_.inside, options_.batch_max);
  const auto before = taken_.outside.next;
  take_up(taken_.outside, slice_);
  taken_up_ = taken_.outside.next - before;
}

/// An ask takes a round here, one at the callee and another one for its answer. While there are
/// asks, a round lasts no longer than some milliseconds, however many clients wait: only so many
/// asks may be open at a time, so their number is worth the less the longer each takes.
void lane::fit_slice() {
  if (!asks_) {
    slice_ = options_.batch_max;
    return;
  }
  if (taken_up_ < slice_least) return; // too few to learn from
  const auto each = (clock_.monotonic() - now_) / static_cast<std::int64_t>(taken_up_);
  if (each.count() <= 0) return;
  slice_ = std::clamp<std::size_t>(static_cast<std::size_t>(slice_time / each), slice_least,
                                   options_.batch_max);
}

void lane::take_up(line& from, std::size_t most) {
  const auto until = std::min(from.mails.size(), from.next + most);
  counters_.handled.fetch_add(until - from.next, std::memory_order_relaxed);
  for (; from.next < until; ++from.next) {
    auto& each = from.mails[from.next];
    auto seen = seen_by_gate(each);
    asks_ = asks_ || (each.what.internal && has_deadline(each.what.content.kind));
    seen.waited = now_ - each.posted;
    if (!drop_expired(each, seen)) {
      if (each.what.content.kind == request_kind::command) posted_.push_back(each.posted);
      if (auto* part = find(each.to))
        part->receive(each.what);
      else if (!is_about_earlier(each.what.content.kind))
        outbox_.requests.push_back(std::move(each.what));
    }
    departures_.add(seen);
  }
}

/// Work whose caller has gone is not begun.
bool lane::drop_expired(mail& from, gate_request& seen) {
  if (!has_deadline(from.what.content.kind) || time_is_left(from.what.deadline, now_)) return false;
  seen.expired = true;
  counters_.expired.fetch_add(1, std::memory_order_relaxed);
  outbox_.early.push_back(
      {from.what.from, fail(errc::deadline_exceeded, "the time was over in the inbox of lane " +
                                                         std::to_string(options_.number))});
  return true;
}

/// The commands of this round had their turns: one look at the clock for all of them.
void lane::note_waits() {
  if (posted_.empty()) return;
  const monotonic_time now = clock_.monotonic();
  const std::int64_t second = waiting_times::second_of(now);
  for (const monotonic_time each : posted_) {
    counters_.waits.note(now - each, second);
    if (options_.measures) counters_.ages.note(now - each);
  }
  posted_.clear();
}

/// The answers of this round have left: again one look at the clock for all of them.
void lane::note_answers() {
  if (leaving_.empty()) return;
  const monotonic_time now = clock_.monotonic();
  for (const auto& [in, arrived] : leaving_)
    in->note(now - arrived);
  leaving_.clear();
}

bool lane::run_due() {
  bool any = false;
  while (!timers_.empty() && timers_.begin()->first <= now_) {
    auto next = timers_.extract(timers_.begin());
    const auto& of = next.mapped();
    const auto held = parts_.find(of.part.packed());
    const bool there = held != parts_.end() && held->second.instance == of.part_instance;
    if (of.part_instance != 0 && !there) continue;
    of.then();
    any = true;
  }
  return any;
}

void lane::commit_touched() {
  for (std::size_t i = 0; i < touched_.size(); ++i) { // a commit may touch parts again
    const auto held = parts_.find(touched_[i]);
    if (held == parts_.end()) continue;
    held->second.touched = false;
    held->second.part->commit();
    counters_.commits.fetch_add(1, std::memory_order_relaxed);
  }
}

void lane::leave(std::vector<answer>& answers) {
  if (answers.empty()) return;
  for (auto& each : answers) {
    if (each.to.port == nullptr) continue;
    auto at = std::find_if(by_port_.begin(), by_port_.end(),
                           [&](const auto& known) { return known.first == each.to.port; });
    if (at == by_port_.end()) at = by_port_.insert(at, {each.to.port, {}});
    at->second.push_back(std::move(each));
  }
  answers.clear();
  for (auto& [port, batch] : by_port_) {
    if (!batch.empty()) port->deliver(batch);
  }
}

/// Small pieces of housekeeping for the parts that this round touched.
void lane::maintain_touched() {
  // What a part touches meanwhile (it resumes when there is space again) is for the next round.
  maintained_.swap(touched_);
  for (const auto key : maintained_) {
    if (auto* part = find(part_key::unpack(key))) (void)part->maintain(false);
  }
  maintained_.clear();
}

bool lane::maintain_all() {
  bool more = false;
  for (auto& [key, held] : parts_)
    more = held.part->maintain(true) || more;
  return more;
}

void lane::wait(monotonic_time until) {
  if (!touched_.empty()) return;
  std::unique_lock lock{mutex_};
  if (stopping_ || !inbox_.empty() || !taken_.inside.over() || !taken_.outside.over()) return;
  if (!departures_.empty()) {
    gate_.leave(departures_, now_);
    departures_.clear();
    publish_gate();
  }
  if (!timers_.empty()) until = std::min(until, timers_.begin()->first);
  sleeping_ = true;
  wake_.wait_until(lock, until, [this] { return stopping_ || !inbox_.empty(); });
  sleeping_ = false;
}

/// Whether the node's lease still stands, once it does; false if the lane was stopped meanwhile.
/// What a stale owner has decided must not become durable, and what it has read is no answer.
bool lane::may_serve() {
  if (options_.serves_until == nullptr) return true;
  const auto stands = [this] {
    const std::chrono::nanoseconds until{options_.serves_until->load(std::memory_order_relaxed)};
    return clock_.monotonic().time_since_epoch() < until;
  };
  if (stands()) return true;
  std::unique_lock lock{mutex_};
  while (!stopping_ && !stands())
    wake_.wait_for(lock, lease_look_every);
  return !stopping_;
}

bool lane::stopping() {
  const std::lock_guard lock{mutex_};
  return stopping_;
}

void lane::work() {
  own_turn_note = &note();
  auto housekeeping = clock_.monotonic() + housekeeping_after;
  while (!stopping()) {
    if (step()) {
      housekeeping = clock_.monotonic() + housekeeping_after;
    } else if (clock_.monotonic() >= housekeeping) {
      const bool more = maintain_all();
      housekeeping = clock_.monotonic();
      if (more)
        housekeeping += housekeeping_step;
      else
        housekeeping += housekeeping_every;
    }
    wait(housekeeping);
  }
}

} // namespace troupe
