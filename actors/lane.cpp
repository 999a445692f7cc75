#include "actors/lane.hpp"

#include <algorithm>
#include <utility>

namespace troupe {
namespace {

constexpr std::chrono::milliseconds housekeeping_after{500}; ///< of quiet, before idle maintenance
constexpr std::chrono::milliseconds housekeeping_step{5};    ///< between its pieces
constexpr std::chrono::seconds housekeeping_every{10};       ///< even if nothing happened
constexpr std::chrono::milliseconds lease_look_every{5};     ///< while the lease is over

/// Of subscriptions that ended with the part they were for.
bool is_about_earlier(request_kind kind) {
  return kind == request_kind::credit || kind == request_kind::unsubscribe;
}

} // namespace

lane::lane(lane_options options, actor_runtime& runtime, request_handler& router, const clock& time)
    : options_(options), actors_(runtime), router_(router), clock_(time), now_(time.monotonic()),
      wall_(time.wall()) {}

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
    if (inbox_.mails.empty() && !batch.empty())
      counters_.inbox_since.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    for (auto& each : batch) {
      if (inbox_.mails.size() < options_.inbox_max) {
        each.posted = now;
        inbox_.mails.push_back(std::move(each));
        continue;
      }
      error overload = fail(errc::overloaded, "lane " + std::to_string(options_.number) +
                                                  " has too much waiting; slow down");
      overload.retry_after_ms = 50;
      refused.push_back({each.what.from, std::move(overload)});
    }
    counters_.inbox.store(static_cast<std::uint32_t>(inbox_.mails.size()),
                          std::memory_order_relaxed);
    if (sleeping_) wake_.notify_one();
  }
  batch.clear();
  for (auto& each : refused) {
    if (each.to.port == nullptr) continue;
    std::vector<answer> one;
    auto* port = each.to.port;
    one.push_back(std::move(each));
    port->deliver(one);
  }
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
  {
    const std::lock_guard lock{mutex_};
    // What was left of the last round goes first; new mail keeps its order behind it.
    if (taken_mails_ >= taken_.mails.size()) {
      taken_.mails.clear();
      taken_mails_ = 0;
      std::swap(taken_.mails, inbox_.mails);
      counters_.inbox.store(0, std::memory_order_relaxed);
      counters_.inbox_since.store(0, std::memory_order_relaxed);
    }
    std::swap(taken_.answers, inbox_.answers);
    std::swap(taken_.controls, inbox_.controls);
  }
  const bool timers_fired = run_due();
  const bool busy = timers_fired || !taken_.empty();
  if (busy) receive();
  actors_.run();
  note_waits();
  if (!may_serve()) return true;
  leave(outbox_.early);
  commit_touched();
  if (!may_serve()) return true;
  leave(outbox_.early); // what had to wait for the commit to see it
  leave(outbox_.answers);
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
  for (auto& each : taken_.answers) {
    if (auto* part = find(part_key::unpack(each.to.connection))) part->receive(each);
  }
  taken_.answers.clear();
  const auto until = std::min(taken_.mails.size(), taken_mails_ + options_.batch_max);
  counters_.handled.fetch_add(until - taken_mails_, std::memory_order_relaxed);
  for (; taken_mails_ < until; ++taken_mails_) {
    auto& each = taken_.mails[taken_mails_];
    if (each.what.content.kind == request_kind::command) posted_.push_back(each.posted);
    if (auto* part = find(each.to))
      part->receive(each.what);
    else if (!is_about_earlier(each.what.content.kind))
      outbox_.requests.push_back(std::move(each.what));
  }
  if (taken_mails_ >= taken_.mails.size()) {
    taken_.mails.clear();
    taken_mails_ = 0;
  }
}

/// The commands of this round had their turns: one look at the clock for all of them.
void lane::note_waits() {
  if (posted_.empty()) return;
  const monotonic_time now = clock_.monotonic();
  const std::int64_t second = waiting_times::second_of(now);
  for (const monotonic_time each : posted_)
    counters_.waits.note(now - each, second);
  posted_.clear();
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
  if (stopping_ || !inbox_.empty() || taken_mails_ < taken_.mails.size()) return;
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
