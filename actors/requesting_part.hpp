#pragma once

#include "actors/lane.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>

namespace troupe {

/// A part that sends requests of its own (asks, reactions, subscriptions) and gets their answers.
class requesting_part : public lane_part {
public:
  /// What has a command sent, for its record.
  struct occasion {
    std::optional<event_source> reacts_to{};
    std::optional<command_caller> caller{};
  };
  using answer_callback = std::function<void(answer&)>;

  requesting_part(part_key key, lane& on) : key_(key), lane_(on) {}

  /// Sends a request after the round's commit; its answer comes to `then`: once, or, for
  /// subscriptions (`keep`), until `forget`. Returns its token.
  std::uint64_t send(request content, answer_callback then, bool keep, occasion why);
  std::uint64_t send(request content, answer_callback then, bool keep = false) {
    return send(std::move(content), std::move(then), keep, occasion{});
  }
  /// Sends more about an earlier request: credit, unsubscribe.
  void send_about(std::uint64_t token, request content);
  /// Whether it was still expected.
  bool forget(std::uint64_t token) { return expected_.erase(token) > 0; }
  /// Calls `then` on the lane, unless the part has been removed by then.
  void after(std::chrono::milliseconds delay, std::function<void()> then);
  void receive(answer& from) final;

  [[nodiscard]] part_key key() const { return key_; }
  [[nodiscard]] lane& on() { return lane_; }
  [[nodiscard]] monotonic_time now() const { return lane_.now(); }

protected:
  using lane_part::receive;
  void forget_all() { expected_.clear(); }
  [[nodiscard]] lane_outbox& out() { return lane_.outbox(); }

private:
  struct expectation {
    answer_callback then;
    bool keep = false;
  };
  part_key key_;
  lane& lane_;
  std::unordered_map<std::uint64_t, expectation> expected_; ///< bounded by the sender's own limits
};

} // namespace troupe
