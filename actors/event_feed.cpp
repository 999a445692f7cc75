#include "actors/event_feed.hpp"

#include "messages/codec.hpp"

#include <algorithm>
#include <utility>

namespace troupe {
namespace {

bool same(const origin& a, const origin& b) {
  return a.port == b.port && a.connection == b.connection && a.request == b.request;
}

} // namespace

result<void> event_feed::subscribe(const origin& who, const subscribe_request& wanted,
                                   bool internal, record_index head) {
  if (cursors_.size() >= subscribers_max)
    return fail(errc::overloaded,
                "the shard has its " + std::to_string(subscribers_max) + " subscribers; try later");
  const record_index beginning{std::max<std::uint64_t>(wanted.from.value, 1)};
  if (!wanted.only_new && beginning.value > head.value + 1)
    return fail(errc::position_gone, "position " + std::to_string(beginning.value) +
                                         " is beyond the newest record " +
                                         std::to_string(head.value));
  head_ = head;
  if (cursors_.empty()) { // the recent records were not kept while nobody listened
    recent_.clear();
    recent_bytes_ = 0;
    recent_first_ = {head.value + 1};
  }
  const record_index next = wanted.only_new ? record_index{head.value + 1} : beginning;
  cursors_.push_back({who, next, std::min(wanted.credit, credit_max), internal});
  // Parts of the node are told at once how much there is, because a view waits for it.
  cursors_.back().announce = wanted.only_new || internal;
  return {};
}

event_feed::cursor* event_feed::find(const origin& who) {
  const auto at = std::find_if(cursors_.begin(), cursors_.end(),
                               [&](const cursor& each) { return same(each.who, who); });
  return at == cursors_.end() ? nullptr : &*at;
}

void event_feed::credit(const origin& who, std::uint32_t events) {
  if (auto* to = find(who)) to->credit = std::min(to->credit + events, credit_max);
}

void event_feed::unsubscribe(const origin& who, std::vector<answer>& out) {
  const auto gone =
      std::erase_if(cursors_, [&](const cursor& each) { return same(each.who, who); });
  if (gone > 0) out.push_back({who, reply_content{}});
}

void event_feed::committed(record_index first, std::span<const std::string_view> bodies) {
  head_ = {first.value + bodies.size() - 1};
  if (cursors_.empty()) return;
  for (const auto body : bodies) {
    recent_.emplace_back(body);
    recent_bytes_ += body.size();
  }
  while (recent_bytes_ > recent_bytes_max) {
    recent_bytes_ -= recent_.front().size();
    recent_.pop_front();
    ++recent_first_.value;
  }
}

bool event_feed::shows(std::string_view event, const cursor& to) const {
  if (to.internal) return true;
  const auto* known = info_.event(event);
  return known != nullptr && !known->internal;
}

bool event_feed::add(std::string_view body, record_index at, const cursor& to, push& into) {
  if (!decode_record(body, decoded_)) return false;
  std::uint32_t shown = 0;
  for (const auto& event : decoded_.events)
    shown += shows(event.name, to) ? 1 : 0;
  const bool first = into.count == 0;
  if (!first && (into.events.size() + body.size() > push_bytes_max ||
                 into.count + shown > std::min(push_events_max, to.credit)))
    return false;
  published_event event;
  event.shard = shard_;
  event.index = at;
  event.aggregate = decoded_.aggregate;
  event.seq = decoded_.seq;
  event.time_ms = decoded_.time_ms;
  event.cause = decoded_.command;
  event.correlation = decoded_.correlation;
  event.trace = decoded_.trace.handed_on_by(decoded_.command);
  if (decoded_.cause)
    event.reacts_to = event_source{std::string{decoded_.cause->context}, decoded_.cause->shard,
                                   decoded_.cause->index};
  writer out{into.events};
  std::uint32_t ordinal = 0;
  for (const auto& each : decoded_.events) {
    event.ordinal = ordinal++;
    if (!shows(each.name, to)) continue;
    event.name = each.name;
    event.payload = each.payload;
    append_event(out, event);
    ++into.count;
  }
  into.next = {at.value + 1};
  return true;
}

bool event_feed::feed(cursor& to, journal& from, std::vector<answer>& out) {
  if (std::exchange(to.announce, false)) {
    std::string nothing;
    writer{nothing}.array(0);
    out.push_back({to.who, event_push{to.who.request, to.next, std::move(nothing), head_}});
  }
  if (to.credit == 0 || to.next > head_) return false;
  push into;
  into.next = to.next;
  std::uint32_t records = 0;
  if (to.next >= recent_first_) {
    auto at = to.next;
    while (at <= head_ && records++ < records_per_pump_max &&
           add(recent_[at.value - recent_first_.value], at, to, into))
      ++at.value;
  } else {
    const auto done = from.scan(to.next, [&](record_index at, std::string_view body) {
      return records++ < records_per_pump_max && at <= head_ && add(body, at, to, into);
    });
    if (!done) {
      out.push_back({to.who, done.error()});
      to.who.port = nullptr; // ended: swept by pump
      return false;
    }
  }
  if (into.next == to.next) return false;
  to.next = into.next;
  to.credit -= std::min(to.credit, into.count);
  std::string payload;
  writer{payload}.array(into.count);
  payload += into.events;
  // An empty push still moves the position, so that a reader of few events does not fall behind.
  out.push_back({to.who, event_push{to.who.request, into.next, std::move(payload), head_}});
  return to.credit > 0 && to.next <= head_;
}

bool event_feed::pump(journal& from, std::vector<answer>& out) {
  bool more = false;
  for (auto& each : cursors_)
    more = feed(each, from, out) || more;
  std::erase_if(cursors_, [](const cursor& each) { return each.who.port == nullptr; });
  return more;
}

void event_feed::close(const error& why, std::vector<answer>& out) {
  for (const auto& each : cursors_)
    out.push_back({each.who, why});
  cursors_.clear();
}

} // namespace troupe
