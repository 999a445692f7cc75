#pragma once

#include "messages/admin_verbs.hpp"
#include "messages/envelope.hpp"
#include "messages/error.hpp"
#include "seams/clock.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe {

class answer_port;

/// Where the answer to a request goes. `connection` and `request` mean something to the port only.
struct origin {
  answer_port* port = nullptr; ///< null: nobody waits
  std::uint64_t connection = 0;
  std::uint64_t request = 0;
  monotonic_time arrived{}; ///< at the lane that answers; none: not yet, or nobody measures
};

/// Answer or pushed events on their way to an origin.
struct answer {
  origin to;
  std::variant<reply_content, error, event_push> content;
};

/// Receives what leaves a lane after its commit.
/// Thread rules: called from lane threads, several at once; must not block. A port outlives every
/// request that names it (nodes are stopped before the ports are destroyed).
class answer_port {
public:
  virtual ~answer_port() = default;
  /// Takes the answers out of `batch` (leaves it empty, its memory may be kept for reuse).
  virtual void deliver(std::vector<answer>& batch) = 0;
};

/// Who is at the other end of a connection, as far as can be known.
struct caller_identity {
  std::string name; ///< as its hello says; empty: it said none
  std::string from; ///< of the transport: "uid 1000 pid 4711" of a socket file, else an address
  role may = role::operate;
};

/// A request that arrived, with its way back and the time by which it must be answered.
struct inbound {
  request content;
  origin from;
  monotonic_time deadline;
  bool internal = false;                       ///< sent by a part of a node, not from outside
  std::optional<shard_number> forwarded{};     ///< by another node, for this shard: goes no further
  std::optional<event_source> reacts_to;       ///< of policies: the event behind the command
  std::shared_ptr<const caller_identity> by{}; ///< of operators' verbs and subscriptions to a node;
                                               ///< null: this process
  std::optional<command_caller> caller;        ///< of other parts: the record behind it
};

/// Less is not worth beginning anything: the answer would be late whatever happens.
inline constexpr std::chrono::milliseconds time_least{1};

/// Whether it is worth beginning something that must be answered by then; always if there is no
/// deadline.
[[nodiscard]] inline bool time_is_left(monotonic_time deadline, monotonic_time now) {
  return deadline == monotonic_time{} || deadline - now >= time_least;
}

/// Whoever handles requests: the node; in tests, a fake.
class request_handler {
public:
  virtual ~request_handler() = default;
  /// Takes the requests out of `batch` and returns at once. Exactly one answer per request follows
  /// at its port, sooner or later, unless the node is destroyed. Of a subscription pushes follow,
  /// then one answer that ends it; credit and unsubscribe have no answer of their own.
  /// Thread-safe.
  virtual void submit(std::vector<inbound>& batch) = 0;
};

} // namespace troupe
