#include "actors/event_merge.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

std::size_t event_merge::add(std::string context, shard_number shard) {
  const std::size_t number = streams_.size();
  if (shard.value == 0) first_of_[context] = number;
  streams_.emplace_back().where = {std::move(context), shard};
  return number;
}

void event_merge::begin(std::size_t number, record_index next) {
  auto& of = streams_[number];
  of.next = of.read = of.start = next;
  of.head = {};
  of.target.reset();
  of.waiting.clear();
  of.moved = false;
  if (unfinished_ == number) unfinished_.reset();
}

void event_merge::take(std::size_t number, std::vector<published_event>& events, record_index next,
                       record_index head) {
  auto& to = streams_[number];
  for (auto& event : events) {
    if (event.index >= to.read) to.waiting.push_back(std::move(event));
  }
  to.read = std::max(to.read, next);
  to.head = std::max(to.head, head);
  if (!to.target) to.target = head;
  settle(to);
}

/// Positions are records: one is behind us when its last event is given out, at once if it has
/// none.
void event_merge::settle(stream_state& of) {
  const auto next = of.waiting.empty() ? of.read : of.waiting.front().index;
  if (of.next < next) of.moved = true;
  of.next = next;
}

bool event_merge::waits_for_cause(const stream_state& of) const {
  const auto& cause = of.waiting.front().reacts_to;
  if (!cause || cause->context == of.where.context) return false;
  const auto first = first_of_.find(cause->context);
  if (first == first_of_.end()) return false;
  const auto number = first->second + cause->shard.value;
  if (number >= streams_.size() || streams_[number].where.context != cause->context) return false;
  return streams_[number].next <= cause->index;
}

std::optional<event_merge::ordered_event> event_merge::next(const is_gone& gone) {
  if (unfinished_) return take_first(*unfinished_);
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const auto& each = streams_[i];
    if (each.waiting.empty()) {
      if (is_behind(each) && !gone(i)) return std::nullopt;
      continue;
    }
    if (waits_for_cause(each)) continue;
    if (!first || each.waiting.front().time_ms < streams_[*first].waiting.front().time_ms)
      first = i;
  }
  if (!first) return std::nullopt;
  return take_first(*first);
}

event_merge::ordered_event event_merge::take_first(std::size_t number) {
  auto& from = streams_[number];
  ordered_event taken{number, std::move(from.waiting.front())};
  from.waiting.pop_front();
  unfinished_.reset();
  if (!from.waiting.empty() && from.waiting.front().index == taken.event.index)
    unfinished_ = number;
  settle(from);
  return taken;
}

bool event_merge::complete(const is_gone& gone) const {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const auto& each = streams_[i];
    if (each.target && each.next > *each.target) continue;
    if (!each.waiting.empty() && waits_for_cause(each)) continue;
    if (!gone(i)) return false;
  }
  return true;
}

bool event_merge::moved(std::size_t number) {
  return std::exchange(streams_[number].moved, false);
}

std::size_t event_merge::waiting() const {
  std::size_t all = 0;
  for (const auto& each : streams_)
    all += each.waiting.size();
  return all;
}

event_merge::progress event_merge::so_far() const {
  progress all;
  for (const auto& each : streams_) {
    if (!each.target || each.target->value < each.start.value) continue;
    const std::uint64_t records = each.target->value + 1 - each.start.value;
    all.total += records;
    all.done += std::min(each.next.value - each.start.value, records);
  }
  return all;
}

std::uint64_t event_merge::lag() const {
  std::uint64_t all = 0;
  for (const auto& each : streams_)
    if (each.head >= each.next) all += each.head.value + 1 - each.next.value;
  return all;
}

} // namespace troupe
