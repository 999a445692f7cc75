#include "supervisors/tap_desk.hpp"

#include "messages/codec.hpp"
#include "messages/credit.hpp"
#include "supervisors/admin_desk.hpp"

#include <algorithm>
#include <string>

namespace troupe {
namespace {

/// More turns than a listener can be told in a millisecond: positions never run ahead of the clock.
constexpr std::uint64_t positions_a_ms = 4'000;

bool same(const origin& a, const origin& b) {
  return a.port == b.port && a.connection == b.connection && a.request == b.request;
}

std::string published(const tapped_turn& turn, std::uint64_t position, std::uint64_t dropped) {
  value said{value::object{}};
  said["context"] = turn.context;
  said["id"] = turn.context + "/" + std::to_string(turn.aggregate.number);
  said["command"] = turn.command;
  said["command_id"] = turn.id.given() ? value{turn.id.text()} : value{};
  said["kind"] = turn.kind;
  said["outcome"] = turn.outcome;
  said["us"] = std::chrono::ceil<std::chrono::microseconds>(turn.took).count();
  said["correlation"] = turn.correlation;
  if (turn.trace.given()) {
    said["trace"] = turn.trace.trace_text();
    said["span"] = turn.trace.handed_on_by(turn.id).span_text();
  }
  said["dropped"] = dropped;
  published_event shown;
  shown.index = {position};
  shown.time_ms = turn.time_ms;
  shown.aggregate = turn.aggregate;
  shown.name = turn.command;
  shown.correlation = turn.correlation;
  shown.payload = encode_value(said);
  std::string bytes;
  writer out{bytes};
  out.array(1);
  append_event(out, shown);
  return bytes;
}

} // namespace

std::chrono::milliseconds tap_desk::subscribe(const inbound& from) {
  if (from.from.port == nullptr) return {};
  const auto wish = decode_tap_wish(from.content.payload);
  if (!wish) {
    answer_now(from.from, wish.error());
    return {};
  }
  const std::lock_guard lock{mutex_};
  const auto place = std::ranges::find(listeners_, false, &listener::used);
  if (place == listeners_.end()) {
    answer_now(from.from,
               fail(errc::overloaded, "the node's taps have their " +
                                          std::to_string(listeners_max) + " listeners; try later"));
    return {};
  }
  place->used = true;
  place->number = ++subscribed_;
  place->who = from.from;
  place->wish = *wish;
  place->until = clock_.monotonic() + wish->lasts;
  place->bucket.emplace();
  place->credit = wish->credit;
  place->dropped = 0;
  // A later subscription of the same listener begins above whatever it saw before.
  place->position =
      static_cast<std::uint64_t>(std::max<wall_ms>(clock_.wall(), 1)) * positions_a_ms;
  look_whether_wanted();
  std::string nothing;
  writer{nothing}.array(0);
  answer_now(
      from.from,
      event_push{from.from.request, {place->position + 1}, std::move(nothing), {place->position}});
  return wish->lasts;
}

tap_desk::listener* tap_desk::find(const origin& who) {
  const auto at = std::ranges::find_if(
      listeners_, [&](const listener& each) { return each.used && same(each.who, who); });
  return at == listeners_.end() ? nullptr : &*at;
}

bool tap_desk::take(const inbound& from) {
  const std::lock_guard lock{mutex_};
  auto* of = find(from.from);
  if (of == nullptr) return false;
  if (from.content.kind == request_kind::unsubscribe) {
    end(*of);
  } else if (const auto granted = decode_credit(from.content.payload)) {
    of->credit = std::min(of->credit + *granted, credit_max);
  }
  look_whether_wanted();
  return true;
}

void tap_desk::end(listener& which) {
  answer_now(which.who, reply_content{});
  which.used = false;
}

void tap_desk::look_whether_wanted() {
  wanted_.store(std::ranges::any_of(listeners_, &listener::used), std::memory_order_relaxed);
}

std::optional<monotonic_time> tap_desk::end_late_ones() {
  const std::lock_guard lock{mutex_};
  const auto now = clock_.monotonic();
  std::optional<monotonic_time> next;
  for (auto& each : listeners_) {
    if (each.used && now >= each.until) end(each);
    if (each.used) next = next ? std::min(*next, each.until) : each.until;
  }
  look_whether_wanted();
  return next;
}

void tap_desk::close(const error& why) {
  const std::lock_guard lock{mutex_};
  for (auto& each : listeners_) {
    if (each.used) answer_now(each.who, why);
    each.used = false;
  }
  look_whether_wanted();
}

value tap_desk::summary() const {
  const std::lock_guard lock{mutex_};
  value said{value::object{}};
  said["listeners"] =
      static_cast<std::int64_t>(std::ranges::count(listeners_, true, &listener::used));
  said["told"] = told_;
  said["dropped"] = dropped_;
  return said;
}

/// Everything that is not told is decided here, so that it costs no description.
tap_listeners tap_desk::who_wants(std::string_view context) {
  const std::lock_guard lock{mutex_};
  const auto now = clock_.monotonic();
  tap_listeners wanting{0, subscribed_};
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    auto& each = listeners_[i];
    if (each.used && now >= each.until) { // before its timer came to it
      end(each);
      look_whether_wanted();
    }
    if (!each.used || !fits_pattern(each.wish.context, context)) continue;
    if (each.wish.sample < 1.0 && random_->unit() >= each.wish.sample) continue;
    const rate_limit limit{each.wish.most_per_s, each.wish.most_per_s};
    if (each.credit == 0 || !each.bucket->take(limit, now).granted) {
      ++each.dropped;
      ++dropped_;
      continue;
    }
    --each.credit;
    wanting.places |= std::uint64_t{1} << i;
  }
  return wanting;
}

void tap_desk::tell(const tap_listeners& listeners, const tapped_turn& turn) {
  const std::lock_guard lock{mutex_};
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    auto& each = listeners_[i];
    if ((listeners.places >> i & 1U) == 0 || !each.used || each.number > listeners.as_of) continue;
    ++told_;
    ++each.position;
    const auto dropped = std::exchange(each.dropped, 0);
    answer_now(each.who, event_push{each.who.request,
                                    {each.position + 1},
                                    published(turn, each.position, dropped),
                                    {each.position}});
  }
}

} // namespace troupe
