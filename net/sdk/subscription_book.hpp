#pragma once

#include "net/sdk/subscription.hpp"

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

namespace troupe {

/// All subscriptions of a client, by the handle its user holds and by the id on the wire. Each is
/// open at the node that owned its shard when it was opened; when that one ends it, or its link is
/// lost, it is opened at the next.
/// A state machine without I/O; belongs to the I/O thread.
class subscription_book {
public:
  /// Receives a request that should be sent on a link that is up.
  using send = std::function<void(link_number, const request&)>;
  /// The link for a shard if it is up, else `no_link`.
  using way = std::function<link_number(const subscription&)>;

  explicit subscription_book(router& router) : router_(router) {}

  void add(std::uint64_t handle, std::unique_ptr<subscription> made) {
    by_handle_.emplace(handle, std::move(made));
  }
  void remove(std::uint64_t handle, const send& out);
  void disconnected(link_number which);
  /// Opens what should be open, as far as there are links for it.
  void advance(monotonic_time now, const way& to, const send& out);
  /// The number of the link for a shard, up or not; `no_link` if nobody owns it.
  [[nodiscard]] link_number link_for(const subscription& which) const;
  [[nodiscard]] bool uses(link_number which) const;
  /// When the next opening is due. One that is overdue waits for its link, not for a time.
  [[nodiscard]] std::optional<monotonic_time> next_time(monotonic_time now) const;
  void take(const event_push& push, const send& out);
  void ended(const reply& from, monotonic_time now, random_source& random);
  void clear();

  /// Marks ids on the wire that belong to subscriptions.
  static constexpr std::uint64_t wire_mark = 1ULL << 62U;

private:
  router& router_;
  std::map<std::uint64_t, std::unique_ptr<subscription>> by_handle_;
  std::unordered_map<std::uint64_t, std::uint64_t> handle_of_wire_id_;
  std::uint64_t next_wire_id_ = wire_mark;
};

} // namespace troupe
