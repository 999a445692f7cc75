#pragma once

#include "net/sdk/subscription.hpp"

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

namespace troupe {

/// All subscriptions of a client, by the handle its user holds and by the id on the wire.
/// A state machine without I/O; belongs to the I/O thread.
class subscription_book {
public:
  /// Receives a request that should be sent on the open connection.
  using send = std::function<void(const request&)>;

  void add(std::uint64_t handle, std::unique_ptr<subscription> made) {
    by_handle_.emplace(handle, std::move(made));
  }
  void remove(std::uint64_t handle, const send& out);
  void disconnected();
  /// Opens what should be open. Only while connected.
  void advance(monotonic_time now, const send& out);
  [[nodiscard]] std::optional<monotonic_time> next_time() const;
  void take(const event_push& push, const send& out);
  void ended(const reply& from, monotonic_time now, random_source& random);
  void clear();

  /// Marks ids on the wire that belong to subscriptions.
  static constexpr std::uint64_t wire_mark = 1ULL << 62U;

private:
  std::map<std::uint64_t, std::unique_ptr<subscription>> by_handle_;
  std::unordered_map<std::uint64_t, std::uint64_t> handle_of_wire_id_;
  std::uint64_t next_wire_id_ = wire_mark;
};

} // namespace troupe
