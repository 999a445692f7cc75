#include "net/sdk/subscription_book.hpp"

#include <algorithm>

namespace troupe {

void subscription_book::remove(std::uint64_t handle, const send& out) {
  const auto known = by_handle_.find(handle);
  if (known == by_handle_.end()) return;
  if (known->second->is_open()) {
    handle_of_wire_id_.erase(known->second->wire_id());
    out(known->second->link(), known->second->close());
  }
  by_handle_.erase(known);
}

void subscription_book::disconnected(link_number which) {
  for (auto& [handle, each] : by_handle_) {
    if (!each->is_open() || each->link() != which) continue;
    handle_of_wire_id_.erase(each->wire_id());
    each->disconnected();
  }
}

link_number subscription_book::link_for(const subscription& which) const {
  if (!which.endpoint().empty()) {
    const auto at = router_.intern(which.endpoint());
    return at == home_link ? no_link : router_.link_of(at);
  }
  if (!router_.clustered()) return home_link;
  const auto key = router_.key_of(which.context(), which.shard().value);
  return key.known() ? router_.where(key).link : router_.any();
}

void subscription_book::advance(monotonic_time now, const way& to, const send& out) {
  for (auto& [handle, each] : by_handle_) {
    if (!each->wants_open(now)) continue;
    if (!each->endpoint().empty()) each->aim(link_for(*each)); // kept while it is being connected
    const auto on = to(*each);
    if (on == no_link) continue;
    handle_of_wire_id_[++next_wire_id_] = handle;
    out(on, each->open(next_wire_id_, on));
  }
}

bool subscription_book::uses(link_number which) const {
  return std::ranges::any_of(by_handle_, [which](const auto& each) {
    const bool needs = each.second->is_open() || !each.second->endpoint().empty();
    return needs && each.second->link() == which;
  });
}

std::optional<monotonic_time> subscription_book::next_time(monotonic_time now) const {
  std::optional<monotonic_time> first;
  for (const auto& [handle, each] : by_handle_) {
    const auto at = each->next_time();
    if (at && *at > now && (!first || *at < *first)) first = at;
  }
  return first;
}

void subscription_book::take(const event_push& push, const send& out) {
  const auto wire = handle_of_wire_id_.find(push.id);
  if (wire == handle_of_wire_id_.end()) return; // of a subscription that was given up
  const auto handle = wire->second;
  auto& held = *by_handle_.at(handle);
  const auto answer = held.take(push);
  if (answer) out(held.link(), *answer);
  if (held.is_open()) return;
  handle_of_wire_id_.erase(push.id);
  by_handle_.erase(handle);
}

void subscription_book::ended(const reply& from, monotonic_time now, random_source& random) {
  const auto wire = handle_of_wire_id_.find(from.id);
  if (wire == handle_of_wire_id_.end()) return;
  const auto handle = wire->second;
  handle_of_wire_id_.erase(wire);
  auto& held = *by_handle_.at(handle);
  bool moved = false;
  const auto* why = std::get_if<error>(&from.content);
  const auto key = router_.key_of(held.context(), held.shard().value);
  if (why != nullptr && why->moved && key.known()) {
    const auto before = router_.where(key).epoch;
    router_.moved(key, *why->moved);
    moved = router_.where(key).epoch > before || link_for(held) != held.link();
  }
  if (why != nullptr && (router_.clustered() || why->moved)) router_.want_refresh(now);
  if (!held.ended(from, moved, now, random)) by_handle_.erase(handle);
}

void subscription_book::clear() {
  by_handle_.clear();
  handle_of_wire_id_.clear();
}

} // namespace troupe
