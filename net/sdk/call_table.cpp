#include "net/sdk/call_table.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

namespace troupe {

namespace {

using std::chrono::milliseconds;

/// A longer hint (a stopped context, a full disk) is no blip: the caller is told at once.
constexpr milliseconds hint_max{500};

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
  to.lost = false;
  to.was_redirected = false;
  // Ids are never 0, and the upper two bits stay free for the loop's own requests.
  to.content.id = (std::uint64_t{to.generation} << 32U) | (position + 1);
  if (to.content.kind == request_kind::command && !to.content.command.given())
    to.content.command = command_id::make(wall, random_.next(), random_.next());
  ++open_count_;
  budget_.note_call(now);
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
  ready_.push_back(call.content.id);
}

const request* call_table::next_ready(monotonic_time now) {
  while (!ready_.empty()) {
    slot* next = find(ready_.front());
    if (next != nullptr && next->state == call_state::ready) {
      next->content.remaining_ms = remaining_ms(next->deadline, now);
      return &next->content;
    }
    ready_.pop_front(); // ended while it waited
  }
  return nullptr;
}

void call_table::sent() {
  slot* call = find(ready_.front());
  ready_.pop_front();
  call->state = call_state::on_wire;
  call->last_error.reset();
  ++call->attempts;
}

void call_table::refuse_next(const error& why) {
  slot* call = find(ready_.front());
  ready_.pop_front();
  finish(*call, why);
}

void call_table::take(reply&& from, monotonic_time now) {
  slot* call = find(from.id);
  if (call == nullptr || call->state != call_state::on_wire) return;
  if (auto* content = std::get_if<reply_content>(&from.content)) {
    call_reply done;
    done.target = content->target;
    done.seq = content->seq;
    done.epoch = content->epoch;
    done.replayed = content->replayed;
    done.command = call->content.command;
    done.payload = std::move(content->payload);
    finish(*call, std::move(done));
    return;
  }
  auto& why = std::get<error>(from.content);
  if (retry_later(*call, why, now)) return;
  finish(*call, verdict_on(*call, std::move(why)));
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
  if (!first_redirect && !budget_.take(now)) return false;
  if (info(why.code).effect == outcome::unknown) call.lost = true;
  call.last_error = why;
  call.state = call_state::backing_off;
  add_timer({now + wait, call.content.id, true});
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
  if (call.last_error) return verdict_on(call, *call.last_error);
  if (call.lost) return fail(errc::timeout, "the connection was lost before the answer came");
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

void call_table::disconnected() {
  for (slot& call : slots_) {
    if (call.state != call_state::on_wire) continue;
    call.lost = true;
    make_ready(call);
  }
}

void call_table::advance(monotonic_time now) {
  while (!timers_.empty() && timers_.front().at <= now) {
    const timer due = timers_.front();
    std::ranges::pop_heap(timers_, std::greater{});
    timers_.pop_back();
    slot* call = find(due.id);
    if (call == nullptr) continue;
    if (due.retry) {
      if (call->state == call_state::backing_off) make_ready(*call);
    } else {
      finish(*call, verdict_at_deadline(*call));
    }
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
