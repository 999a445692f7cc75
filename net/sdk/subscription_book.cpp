#include "net/sdk/subscription_book.hpp"

#include <algorithm>

namespace troupe {

void subscription_book::remove(std::uint64_t handle, const send& out) {
  const auto known = by_handle_.find(handle);
  if (known == by_handle_.end()) return;
  if (known->second->is_open()) {
    handle_of_wire_id_.erase(known->second->wire_id());
    out(known->second->close());
  }
  by_handle_.erase(known);
}

void subscription_book::disconnected() {
  handle_of_wire_id_.clear();
  for (auto& [handle, each] : by_handle_)
    each->disconnected();
}

void subscription_book::advance(monotonic_time now, const send& out) {
  for (auto& [handle, each] : by_handle_) {
    if (!each->wants_open(now)) continue;
    handle_of_wire_id_[++next_wire_id_] = handle;
    out(each->open(next_wire_id_));
  }
}

std::optional<monotonic_time> subscription_book::next_time() const {
  std::optional<monotonic_time> first;
  for (const auto& [handle, each] : by_handle_) {
    const auto at = each->next_time();
    if (at && (!first || *at < *first)) first = at;
  }
  return first;
}

void subscription_book::take(const event_push& push, const send& out) {
  const auto wire = handle_of_wire_id_.find(push.id);
  if (wire == handle_of_wire_id_.end()) return; // of a subscription that was given up
  const auto handle = wire->second;
  auto& held = *by_handle_.at(handle);
  const auto answer = held.take(push);
  if (answer) out(*answer);
  if (held.is_open()) return;
  handle_of_wire_id_.erase(push.id);
  by_handle_.erase(handle);
}

void subscription_book::ended(const reply& from, monotonic_time now, random_source& random) {
  const auto wire = handle_of_wire_id_.find(from.id);
  if (wire == handle_of_wire_id_.end()) return;
  const auto handle = wire->second;
  handle_of_wire_id_.erase(wire);
  if (!by_handle_.at(handle)->ended(from, now, random)) by_handle_.erase(handle);
}

void subscription_book::clear() {
  by_handle_.clear();
  handle_of_wire_id_.clear();
}

} // namespace troupe
