#include "net/sdk/call_table.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

namespace troupe {

namespace {

using std::chrono::milliseconds;

/// With less, the call could not be answered in time whatever happens.
constexpr milliseconds time_least{1};

/// A longer hint (a stopped context, a full disk) is no blip: the caller is told at once.
constexpr milliseconds hint_max{500};

// Between two questions for a shard's owner. A newer owner ends the wait, so it may grow.
constexpr milliseconds owner_wait_first{10};
constexpr milliseconds owner_wait_most{160};
constexpr std::uint8_t owner_wait_doublings_max = 8; // past `owner_wait_most`

std::uint32_t remaining_ms(monotonic_time deadline, monotonic_time now) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - now).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(left, 1, deadline_ms_max));
}

} // namespace

void call_table::open(new_call call, monotonic_time now, wall_ms wall) {
  std::uint32_t position = 0;
  if (free_.empty()) {
    position = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    position = free_.back();
    free_.pop_back();
  }
  slot& to = slots_[position];
  to.content = std::move(call.content);
  to.done = std::move(call.done);
  to.deadline = call.deadline;
  to.last_error.reset();
  to.generation = (to.generation + 1) & 0x0fffffffU;
  to.attempts = 0;
  to.shard = call.shard;
  to.wanted = call.endpoint.empty() ? home_link : router_.intern(call.endpoint, call.admin);
  // An endpoint that gets no link is one that does not answer.
  if (!call.endpoint.empty() && to.wanted == home_link) to.wanted = no_link;
  to.key = {};
  to.sent_epoch = 0;
  to.hops = 0;
  to.waits = 0;
  to.lost = false;
  to.was_redirected = false;
  to.awaits_owner = false;
  // Ids are never 0, and the upper two bits stay free for the loop's own requests.
  to.content.id = (std::uint64_t{to.generation} << 32U) | (position + 1);
  if (to.content.kind == request_kind::command && !to.content.command.given())
    to.content.command = command_id::make(wall, random_.next(), random_.next());
  ++open_count_;
  budget_.note_call(now);
  ++counters_.calls;
  add_timer({to.deadline, to.content.id, false});
  make_ready(to);
}

call_table::slot* call_table::find(std::uint64_t id) {
  const auto position = static_cast<std::uint32_t>(id) - 1;
  if (position >= slots_.size()) return nullptr;
  slot& found = slots_[position];
  return found.content.id == id && found.state != call_state::none ? &found : nullptr;
}

void call_table::make_ready(slot& call) {
  call.state = call_state::ready;
  queue(call);
}

void call_table::queue(slot& call) {
  call.link = link_for(call);
  queue_of(call.link).push_back(call.content.id);
}

link_number call_table::link_for(slot& call) {
  if (call.wanted != home_link) return router_.link_of(call.wanted);
  if (!router_.clustered()) return home_link;
  if (!call.key.known()) call.key = router_.key_of(call.content, call.shard);
  return call.key.known() ? router_.where(call.key).link : router_.any();
}

std::deque<std::uint64_t>& call_table::queue_of(link_number which) {
  if (which == no_link) return ownerless_;
  if (which >= ready_.size()) ready_.resize(which + 1);
  return ready_[which];
}

/// The first that is still to be sent; those that ended while they waited are dropped.
call_table::slot* call_table::front(std::deque<std::uint64_t>& queue) {
  while (!queue.empty()) {
    slot* next = find(queue.front());
    if (next != nullptr && next->state == call_state::ready) return next;
    queue.pop_front();
  }
  return nullptr;
}

const request* call_table::next_ready(link_number on, monotonic_time now) {
  for (;;) {
    slot* next = on < ready_.size() ? front(ready_[on]) : nullptr;
    if (next == nullptr) return nullptr;
    if (next->deadline - now >= time_least) {
      next->content.remaining_ms = remaining_ms(next->deadline, now);
      return &next->content;
    }
    ready_[on].pop_front();
    finish(*next, next->lost || next->last_error
                      ? verdict_at_deadline(*next)
                      : fail(errc::deadline_exceeded, "the time was over before it was sent"));
  }
}

void call_table::sent(link_number on) {
  slot* call = find(ready_[on].front());
  ready_[on].pop_front();
  call->state = call_state::on_wire;
  call->sent_epoch = call->key.known() ? router_.where(call->key).epoch : 0;
  call->last_error.reset();
  call->awaits_owner = false;
  call->given_grace = false;
  ++call->attempts;
}

void call_table::refuse_next(link_number on, const error& why) {
  slot* call = find(ready_[on].front());
  ready_[on].pop_front();
  finish(*call, why);
}

void call_table::take(link_number on, reply&& from, monotonic_time now) {
  slot* call = find(from.id);
  if (call == nullptr || call->state != call_state::on_wire || call->link != on) return;
  if (auto* content = std::get_if<reply_content>(&from.content)) {
    // What is replayed is on record, and its epoch is that of the record.
    if (!content->replayed && !router_.is_current(call->key, content->epoch)) {
      ++stale_answers_;
      call->lost = true;
      return go_elsewhere(*call, 0, now);
    }
    call_reply done;
    done.target = content->target;
    done.seq = content->seq;
    done.epoch = content->epoch;
    done.replayed = content->replayed;
    done.command = call->content.command;
    done.payload = std::move(content->payload);
    done.degraded = content->degraded;
    finish(*call, std::move(done));
    return;
  }
  auto& why = std::get<error>(from.content);
  if (goes_elsewhere(*call, why)) {
    if (why.moved) router_.moved(call->key, *why.moved);
    if (info(why.code).effect == outcome::unknown) call->lost = true;
    const auto hint_ms = why.retry_after_ms;
    call->last_error = std::move(why);
    return go_elsewhere(*call, hint_ms, now);
  }
  if (retry_later(*call, why, now)) return;
  finish(*call, verdict_on(*call, std::move(why)));
}

/// The shard is not, or not for long, where the call was sent. An answer with a place says so, even
/// where it leaves open what became of the command: its ask goes on at the new owner.
bool call_table::goes_elsewhere(const slot& call, const error& why) const {
  if (call.wanted != home_link) return false;
  if (why.moved) return true;
  if (!router_.clustered()) return false;
  return why.code == errc::not_owner || why.code == errc::shutting_down || why.code == errc::fenced;
}

bool call_table::may_hop(const slot& call) const {
  if (!call.key.known() || call.hops >= hops_max) return false;
  const auto to = router_.where(call.key);
  return to.link != no_link && to.epoch > call.sent_epoch;
}

void call_table::go_elsewhere(slot& call, std::int32_t hint_ms, monotonic_time now) {
  --call.attempts;
  if (may_hop(call)) {
    ++call.hops;
    return make_ready(call);
  }
  router_.want_refresh(now);
  const auto grown = owner_wait_first * (1 << std::min(call.waits, owner_wait_doublings_max));
  call.waits = static_cast<std::uint8_t>(std::min(call.waits + 1, 255));
  const std::chrono::microseconds wait =
      std::max(milliseconds{hint_ms}, std::min<milliseconds>(grown, owner_wait_most));
  const auto jitter = random_.unit() * static_cast<double>(wait.count()) / 2;
  call.retry_at = now + wait + std::chrono::microseconds{static_cast<std::int64_t>(jitter)};
  call.state = call_state::backing_off;
  call.awaits_owner = true;
  // Beyond the deadline only a newer owner helps.
  if (call.retry_at < call.deadline) add_timer({call.retry_at, call.content.id, true});
}

bool call_table::retry_later(slot& call, const error& why, monotonic_time now) {
  if (info(why.code).again != retry::same_id || why.retry_after_ms < 0) return false;
  if (call.attempts >= options_.attempts_max) return false;
  if (milliseconds{why.retry_after_ms} > hint_max) return false;
  const auto wait = std::max<std::chrono::microseconds>(
      milliseconds{why.retry_after_ms}, retry_backoff_.delay(call.attempts - 1, random_));
  if (now + wait >= call.deadline) return false;
  // The first redirect costs nothing: it says where to go, not that somebody is overloaded.
  const bool first_redirect =
      why.code == errc::not_owner && !std::exchange(call.was_redirected, true);
  if (!first_redirect && !budget_.take(now)) {
    ++counters_.budget_refusals;
    return false;
  }
  ++counters_.retries;
  if (info(why.code).effect == outcome::unknown) call.lost = true;
  call.last_error = why;
  call.state = call_state::backing_off;
  call.awaits_owner = false;
  call.retry_at = now + wait;
  add_timer({call.retry_at, call.content.id, true});
  return true;
}

/// "Not applied" holds for the send that was answered; an earlier one that was not leaves doubt.
/// An answer that is final for the command id (a rejection, say) speaks for all sends.
error call_table::verdict_on(const slot& call, error why) const {
  const auto& known = info(why.code);
  const bool doubt = call.lost && call.content.kind == request_kind::command &&
                     known.again == retry::same_id && known.effect == outcome::not_applied;
  if (!doubt) return why;
  return fail(errc::outcome_unknown, "an earlier send of the command was never answered; the last "
                                     "one failed: " +
                                         why.message);
}

error call_table::verdict_at_deadline(const slot& call) const {
  if (call.state == call_state::on_wire)
    return fail(errc::timeout, "no answer came within the deadline");
  if (call.last_error && call.awaits_owner)
    return verdict_on(call, fail(call.last_error->code,
                                 "the shard's owner did not answer within the deadline; the last "
                                 "node that was asked said: " +
                                     call.last_error->message));
  if (call.last_error) return verdict_on(call, *call.last_error);
  if (call.lost) return fail(errc::timeout, "the connection was lost before the answer came");
  if (call.state == call_state::ready && call.link == no_link)
    return fail(errc::not_owner, "no node owned the shard within the deadline; nothing was sent");
  return fail(errc::unreachable, "no node could be reached within the deadline; nothing was sent");
}

void call_table::finish(slot& call, result<call_reply> outcome) {
  const auto position = static_cast<std::uint32_t>(call.content.id) - 1;
  auto done = std::move(call.done);
  call.done = nullptr;
  call.state = call_state::none;
  // Long payloads are given back; the short ones' memory is kept for the next call in the slot.
  if (call.content.payload.capacity() > 4096) call.content.payload = {};
  free_.push_back(position);
  --open_count_;
  if (done) done(std::move(outcome));
}

void call_table::disconnected(link_number which) {
  for (slot& call : slots_) {
    if (call.state != call_state::on_wire || call.link != which) continue;
    call.lost = true;
    --call.attempts;
    make_ready(call);
  }
}

void call_table::reroute(monotonic_time now) {
  std::vector<std::deque<std::uint64_t>> waiting;
  waiting.swap(ready_);
  waiting.push_back(std::exchange(ownerless_, {}));
  for (const auto& queued : waiting) {
    for (const auto id : queued) {
      slot* call = find(id);
      if (call != nullptr && call->state == call_state::ready) queue(*call);
    }
  }
  if (!router_.clustered()) return;
  for (slot& call : slots_) {
    if (call.state == call_state::on_wire && !call.given_grace && may_hop(call)) {
      call.given_grace = true;
      call.retry_at = now + answer_grace;
      add_timer({call.retry_at, call.content.id, true});
    }
    if (call.state != call_state::backing_off || !call.awaits_owner) continue;
    if (!call.key.known()) call.key = router_.key_of(call.content, call.shard);
    if (!may_hop(call)) continue;
    ++call.hops;
    make_ready(call);
  }
}

bool call_table::waits_for_owner() {
  return front(ownerless_) != nullptr;
}

bool call_table::waits_on(link_number which) {
  return which < ready_.size() && front(ready_[which]) != nullptr;
}

bool call_table::uses(link_number which) const {
  return std::ranges::any_of(slots_, [which](const slot& each) {
    return each.state != call_state::none && (each.link == which || each.wanted == which);
  });
}

void call_table::advance(monotonic_time now) {
  while (!timers_.empty() && timers_.front().at <= now) {
    const timer due = timers_.front();
    std::ranges::pop_heap(timers_, std::greater{});
    timers_.pop_back();
    slot* call = find(due.id);
    if (call == nullptr) continue;
    if (due.retry) {
      retry(*call, now);
    } else {
      // Perhaps the owner is gone, and whoever calls next should know.
      if (call->state == call_state::on_wire && router_.clustered()) router_.want_refresh(now);
      finish(*call, verdict_at_deadline(*call));
    }
  }
}

void call_table::retry(slot& call, monotonic_time now) {
  // A timer of an earlier wait, which a newer owner ended, is none of this one's business.
  if (now < call.retry_at) return;
  if (call.state == call_state::backing_off) {
    call.hops = 0;
    make_ready(call);
  } else if (call.state == call_state::on_wire && call.given_grace && may_hop(call)) {
    call.lost = true;
    ++call.hops;
    --call.attempts;
    make_ready(call);
  }
}

std::optional<monotonic_time> call_table::next_time() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.front().at;
}

void call_table::add_timer(timer from) {
  constexpr std::size_t slack = 1024; // below this, sweeping is not worth it
  if (timers_.size() > 4 * open_count_ + slack) drop_stale_timers();
  timers_.push_back(from);
  std::ranges::push_heap(timers_, std::greater{});
}

void call_table::drop_stale_timers() {
  std::erase_if(timers_, [this](const timer& each) { return find(each.id) == nullptr; });
  std::ranges::make_heap(timers_, std::greater{});
}

void call_table::close(const error& never_sent, const error& no_answer) {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    slot& call = slots_[i];
    if (call.state == call_state::none) continue;
    const bool in_doubt = call.state == call_state::on_wire || call.lost;
    finish(call, in_doubt ? no_answer : never_sent);
  }
}

} // namespace troupe
