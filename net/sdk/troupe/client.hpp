#pragma once

#include "messages/admin_verbs.hpp"
#include "messages/envelope.hpp"
#include "messages/error.hpp"
#include "messages/fields.hpp"
#include "messages/hello.hpp"
#include "messages/ids.hpp"
#include "messages/tap_wish.hpp"
#include "messages/value.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The client SDK: programs talk to a troupe node through this header. Standard library only; no
/// CAF, ZeroMQ or msgpack type is visible.
namespace troupe {

struct client_options {
  /// Of nodes: the first that answers tells of the others of its cluster.
  std::vector<std::string> endpoints{"tcp://127.0.0.1:7100"};
  std::chrono::milliseconds deadline{2000}; ///< per call, retries included; at most 60 s
  /// Sends of one call, all with the same command id; 1 to 10. Re-sends after a reconnect and to
  /// the new owner of a shard are not counted: the deadline bounds them. Where the node asks for
  /// more than 500 ms of patience (a stopped context, a full disk) the caller is told at once.
  std::uint32_t attempts_max = 3;
  std::uint32_t in_flight_max = 65'536; ///< calls waiting for an answer; more: `overloaded`
  std::string name = "client";          ///< shown by the node to people
  /// Of what operators' verbs it may ask for at most; lower it in what only looks.
  troupe::role role = troupe::role::operate;
  std::string admin_key{}; ///< shown to admin endpoints, where they ask for one
};

/// Per-call choices; what is left unset comes from `client_options`.
struct call_options {
  std::chrono::milliseconds deadline{0}; ///< 0: the client's
  command_id command{};      ///< not given: a fresh one; give one to make your own retries safe
  std::string correlation{}; ///< shows up in logs, events and histories; at most 128 bytes
  std::string endpoint{};    ///< of admin verbs: the node that is asked; empty: any
  /// W3C `traceparent` of the caller's span, as it came in a header; what the call leads to belongs
  /// to that trace. Empty: none; `malformed` if it is no such header.
  std::string traceparent{};
};

/// Success of a call.
struct call_reply {
  aggregate_id target;
  std::uint64_t seq = 0; ///< the aggregate's turn
  epoch_number epoch;
  bool replayed = false; ///< this command id had been handled before
  command_id command{};  ///< the id that was used, for commands
  std::string payload;   ///< msgpack
  /// Set if this is not the present state: how old it is, or that it is a declared fallback.
  std::optional<degraded_mark> degraded{};
  [[nodiscard]] result<value> to_value() const;
  template <described T> [[nodiscard]] result<T> as() const { return decoded<T>(payload); }
};

/// What the client knows about its connections: `up` while it has one to any node.
enum class connection_state : std::uint8_t { connecting, up, down, version_mismatch, closed };

/// What a client did on its own, since it was made.
struct client_counters {
  std::uint64_t calls = 0;
  std::uint64_t retries = 0;         ///< sends after an answer that asked to come again
  std::uint64_t budget_refusals = 0; ///< retries left out, because too many were made already
};

struct page_request {
  value::object filter{}; ///< field → value, all must match
  std::string sort{};     ///< field; empty: id
  bool descending = false;
  std::uint64_t page = 0;
  std::uint32_t size = 20; ///< 1 to 1,000
};

struct page {
  std::uint64_t total = 0; ///< of all matches
  std::vector<std::pair<aggregate_id, value>> items;
};

/// A connection to a troupe cluster: to the first node that answers, and from there to all others.
/// Requests go straight to the node that owns their shard; when a shard moves, its calls follow.
///
/// Thread rules: every method from any thread. Callbacks run on the client's own I/O thread and
/// must neither block nor throw; futures may be waited for anywhere else. One thread per client. A
/// call that is refused at once (`malformed`, `too_large`, `overloaded` by the client's own limit)
/// calls back on the caller's thread before the method returns.
///
/// Errors say what is known of a write: `info(error.code).effect` is not_applied, applied or
/// unknown. Retries inside a call's deadline re-use its command id, so one call has at most one
/// effect; after an unknown outcome, call again with the same `call_options::command`.
class client {
public:
  using callback = std::function<void(result<call_reply>)>;
  /// `next` is the position to resume from after these events (of one shard, in order).
  using event_callback =
      std::function<void(const std::vector<published_event>& events, record_index next)>;
  /// Called when a subscription ends by itself.
  using end_callback = std::function<void(const error&)>;

  /// Does not wait for a connection; the options are checked (`malformed`).
  [[nodiscard]] static result<client> connect(client_options options);

  client(client&&) noexcept;
  client& operator=(client&&) noexcept;
  ~client(); ///< open calls end with `timeout`; never blocks longer than 100 ms

  /// Sends a command to an aggregate; a target that is not given lets the context make one.
  void send(std::string_view context, aggregate_id target, std::string_view command,
            std::string payload, callback done, call_options options = {});
  [[nodiscard]] std::future<result<call_reply>> send(std::string_view context, aggregate_id target,
                                                     std::string_view command, std::string payload,
                                                     call_options options = {});
  template <message M>
  [[nodiscard]] std::future<result<call_reply>> send(std::string_view context, aggregate_id target,
                                                     const M& command, call_options options = {}) {
    return send(context, target, M::name, encoded(command), std::move(options));
  }
  template <message M>
  [[nodiscard]] result<call_reply> send_sync(std::string_view context, aggregate_id target,
                                             const M& command, call_options options = {}) {
    return send(context, target, command, std::move(options)).get();
  }

  /// State of an aggregate, or row of a view.
  void get(std::string_view context, aggregate_id target, callback done, call_options options = {});
  [[nodiscard]] std::future<result<call_reply>> get(std::string_view context, aggregate_id target,
                                                    call_options options = {});
  /// A named read-only question to one aggregate.
  void query(std::string_view context, aggregate_id target, std::string_view name,
             std::string payload, callback done, call_options options = {});

  /// A page over all shards of a context, merged in order.
  void list(std::string_view context, page_request wanted, std::function<void(result<page>)> done,
            call_options options = {});
  [[nodiscard]] std::future<result<page>> list(std::string_view context, page_request wanted,
                                               call_options options = {});

  /// Operator verbs and inspection (docs/protocol.md, "Admin verbs"), of one node: any, or that at
  /// `call_options::endpoint` (`malformed` if it is neither tcp:// nor ipc://, `unreachable` if
  /// nobody answers there within the deadline). What needs more than the role `observe` is sent to
  /// that node's admin endpoint, which its hello names.
  void admin(std::string_view verb, value arguments, std::function<void(result<value>)> done,
             call_options options = {});
  [[nodiscard]] std::future<result<value>> admin(std::string_view verb, value arguments = {},
                                                 call_options options = {});

  /// Events of one shard of a context, in order, each once, from a position; survives reconnects.
  /// Returns a handle for `unsubscribe`. Flow control is the client's: a slow callback slows the
  /// sender down, nothing is dropped.
  [[nodiscard]] std::uint64_t subscribe(std::string_view context, shard_number shard,
                                        subscribe_request from, event_callback on_events,
                                        end_callback on_end = {});
  /// What happens on one node, by its endpoint: breakers, restarts, dead letters and the like
  /// (docs/supervision.md, "Events"). Each event's `index` is one more than that of the one before;
  /// a jump says that events were missed: the reader was too slow, or the node was started anew.
  /// `from.shard` means nothing here. `malformed` at once for what is no endpoint.
  [[nodiscard]] std::uint64_t subscribe_node(std::string endpoint, subscribe_request from,
                                             event_callback on_events, end_callback on_end = {});
  /// A sample of the turns of one node (docs/inspection.md), by its endpoint: `wish` says which and
  /// for how long; then it ends without a word. Each event's payload is a map; `dropped` in it says
  /// how many were left out before it. Opened anew after a lost connection, for the whole time
  /// again. `on_end` hears of refusals.
  [[nodiscard]] std::uint64_t tap_node(std::string endpoint, const tap_wish& wish,
                                       event_callback on_events, end_callback on_end = {});
  void unsubscribe(std::uint64_t subscription);

  /// What the cluster serves, freshly asked of all its nodes. A context is up if every node says so
  /// of its share of it, and every shard has an owner; it waits if any node's share does. A node
  /// that does not answer within the deadline counts as down for what it owns.
  [[nodiscard]] std::future<result<std::vector<served_context>>>
  contexts(call_options options = {});
  /// The nodes of the cluster, freshly asked; of a node that is alone, that one.
  void nodes(std::function<void(result<std::vector<map_member>>)> done, call_options options = {});
  [[nodiscard]] std::future<result<std::vector<map_member>>> nodes(call_options options = {});
  [[nodiscard]] connection_state state() const;
  [[nodiscard]] client_counters counters() const;

private:
  struct implementation;
  explicit client(std::unique_ptr<implementation> from);
  std::unique_ptr<implementation> implementation_;
};

} // namespace troupe
