#pragma once

#include "actors/port.hpp"
#include "messages/shard_map.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace troupe {

/// What parts of this node have asked of one other node and is not answered yet. A state machine
/// without I/O; belongs to one thread.
class peer_calls {
public:
  /// Takes a request in and gives it the id it has on the wire to that node.
  void open(inbound& what);
  /// For credit or the end of a subscription that was opened here: gives it the same id; false if
  /// there is none.
  [[nodiscard]] bool follow(inbound& what);
  /// The answer to what was asked, for its origin; nothing if nobody waits for it any more.
  [[nodiscard]] std::optional<answer> take(reply&& from);
  [[nodiscard]] std::optional<answer> take(event_push&& from);
  /// The link is lost. What was asked may have been done: its askers come again, with the same ids.
  void lose(std::vector<answer>& out);
  /// Answers what should have been answered by then.
  void expire(monotonic_time now, std::vector<answer>& out);
  [[nodiscard]] std::size_t size() const { return open_.size(); }

private:
  struct pending {
    origin from;
    monotonic_time deadline;
    bool keep = false; ///< a subscription: many pushes, and no deadline
  };
  using origin_key = std::tuple<answer_port*, std::uint64_t, std::uint64_t>;
  static origin_key key_of(const origin& from) {
    return {from.port, from.connection, from.request};
  }
  void forget(std::map<std::uint64_t, pending>::iterator at);

  std::map<std::uint64_t, pending> open_; ///< bounded by what the askers have open
  std::map<origin_key, std::uint64_t> subscriptions_;
  std::uint64_t ids_ = 0;
};

} // namespace troupe
