#pragma once

#include "messages/envelope.hpp"
#include "net/retry_policy.hpp"
#include "net/sdk/router.hpp"
#include "net/sdk/troupe/client.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace troupe {

/// One subscription of a client, over all its connections: where it stands, what the node may still
/// send, what was seen already. A state machine without I/O; belongs to the I/O thread.
class subscription {
public:
  /// `endpoint`: of the node whose events these are; empty: wherever the shard is.
  subscription(std::string context, subscribe_request from, client::event_callback on_events,
               client::end_callback on_end, std::string endpoint = {});

  /// What each opening says instead of a position.
  void ask_with(std::string payload) { payload_ = std::move(payload); }
  /// The subscribe request for a (new) connection, under a wire id that was never used.
  [[nodiscard]] request open(std::uint64_t wire_id, link_number on);
  /// The connection is gone; `open` is due on the next one.
  void disconnected() { state_ = stage::closed; }
  [[nodiscard]] bool wants_open(monotonic_time now) const {
    return state_ == stage::closed && now >= not_before_;
  }
  [[nodiscard]] std::optional<monotonic_time> next_time() const {
    if (state_ != stage::closed) return std::nullopt;
    return not_before_;
  }

  /// Hands new events to the callback; returns the grant to send, if one is due.
  [[nodiscard]] std::optional<request> take(const event_push& push);
  /// The node ended it. True: it will be opened again; false: it is over and the owner was told.
  /// `moved`: the shard has a newer owner, who can be asked without a wait.
  [[nodiscard]] bool ended(const reply& from, bool moved, monotonic_time now,
                           random_source& random);
  [[nodiscard]] request close() const;
  [[nodiscard]] std::uint64_t wire_id() const { return wire_id_; }
  [[nodiscard]] bool is_open() const { return state_ == stage::open; }
  [[nodiscard]] const std::string& context() const { return context_; }
  [[nodiscard]] shard_number shard() const { return position_.shard; }
  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  /// The link that it will be opened on.
  void aim(link_number at) { link_ = at; }
  /// That it is open on, or was last.
  [[nodiscard]] link_number link() const { return link_; }

private:
  enum class stage : std::uint8_t { closed, open };
  [[nodiscard]] bool seen(const published_event& event) const;

  std::string context_;
  std::string endpoint_;
  std::string payload_;        ///< of an opening; empty: the position
  subscribe_request position_; ///< what to ask for at the next opening
  client::event_callback on_events_;
  client::end_callback on_end_;
  stage state_ = stage::closed;
  std::uint64_t wire_id_ = 0;
  link_number link_ = no_link;
  std::uint32_t consumed_ = 0; ///< events taken but not granted again
  std::uint32_t failures_ = 0; ///< endings in a row
  monotonic_time not_before_{};
  record_index last_index_; ///< of the last event handed out
  std::uint32_t last_ordinal_ = 0;
};

} // namespace troupe
