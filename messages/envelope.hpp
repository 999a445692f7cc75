#pragma once

#include "messages/codec.hpp"
#include "messages/error.hpp"
#include "messages/ids.hpp"
#include "messages/trace_context.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe {

/// Version of the wire envelope; docs/protocol.md is its normative description.
inline constexpr std::uint32_t protocol_version = 1;

/// Limits of one frame and its parts.
inline constexpr std::size_t frame_bytes_max = 1024 * 1024;
inline constexpr std::size_t name_bytes_max = 128;        ///< contexts, commands
inline constexpr std::size_t correlation_bytes_max = 128; ///< trace ids of callers
inline constexpr std::uint32_t deadline_ms_max = 60'000;
inline constexpr std::size_t error_message_bytes_max = 4096; ///< longer ones are cut when sent

enum class request_kind : std::uint8_t {
  hello = 1,       ///< who is there; answers with the node and its contexts
  command = 2,     ///< change an aggregate (or create one)
  get = 3,         ///< state of one aggregate, row of a view
  query = 4,       ///< a named read-only question to one aggregate
  list = 5,        ///< page of one shard's aggregates or of a view's rows (`list_request`)
  subscribe = 6,   ///< events of one shard from a position (`subscribe_request`)
  credit = 7,      ///< permission for that many more events of a subscription
  unsubscribe = 8, ///< ends a subscription
  admin = 9,       ///< operator verbs and inspection; `name` is the verb
  void_ask = 10,   ///< between nodes: the ask `command` is off; undo it or refuse it when it comes
};

/// One message from a caller to a node.
struct request {
  request_kind kind = request_kind::command;
  std::uint64_t id = 0;              ///< chosen by the caller, unique per connection while open
  std::string context{};             ///< e.g. "taxi.call"
  aggregate_id target{};             ///< not given: the shard creates the aggregate
  std::string name{};                ///< of the command, query or admin verb
  command_id command{};              ///< of commands only
  std::uint32_t remaining_ms = 2000; ///< time the caller will still wait
  std::string correlation{};
  std::string payload{}; ///< msgpack map of the fields
  trace_context trace{}; ///< of commands: the trace they belong to, if any
};

/// An answer from something else than the present state: what it knew last, or a declared fallback.
/// Only reads get one.
struct degraded_mark {
  std::uint64_t as_of = 0;  ///< the aggregate's turn that it shows; 0: none, a declared fallback
  std::uint64_t age_ms = 0; ///< since that turn; 0 of a fallback
  bool operator==(const degraded_mark&) const = default;
};

/// Success: what the request answers.
struct reply_content {
  aggregate_id target{}; ///< the aggregate that answered
  std::uint64_t seq = 0; ///< its turn, for commands and reads
  epoch_number epoch{};
  bool replayed = false; ///< the command had been handled before; this is its first answer
  std::string payload{}; ///< msgpack
  record_index at{};     ///< of a command: its record, for parts of nodes
  std::optional<degraded_mark> degraded{};
};

/// Answer to the request of the same id.
struct reply {
  std::uint64_t id = 0;
  std::variant<reply_content, error> content{};
  [[nodiscard]] bool ok() const { return content.index() == 0; }
};

/// Events pushed to a subscription; `id` is that of the subscribe request.
struct event_push {
  std::uint64_t id = 0;
  record_index next{};   ///< position to resume from
  std::string payload{}; ///< msgpack array of events (`append_event`)
  record_index head{};   ///< newest record then, for parts of nodes
};

using node_message = std::variant<reply, event_push>;

/// The record of another context that a turn reacted to. Readers of both see causes before effects.
struct event_source {
  std::string context;
  shard_number shard;
  record_index index;
  bool operator==(const event_source&) const = default;
};

/// The record that had a command sent, where it was not an event that did.
struct command_caller {
  enum class kind : std::uint8_t {
    ask = 0,   ///< the turn that asked
    undo = 1,  ///< the turn that gave an ask up: this makes good what was asked
    retry = 2, ///< the dead letter that an operator let run again
  };
  kind why = kind::ask;
  event_source record;
  bool operator==(const command_caller&) const = default;
};

/// What a request from a part of another node says besides.
struct forwarded {
  shard_number shard;                      ///< whom it is for; of admin verbs nothing else tells
  std::optional<event_source> reacts_to{}; ///< of policies: the event behind the command
  std::optional<command_caller> caller{};
  bool operator==(const forwarded&) const = default;
};

/// One published event as subscribers see it.
struct published_event {
  shard_number shard{};
  record_index index{};
  std::uint32_t ordinal = 0; ///< its place in the record
  aggregate_id aggregate{};
  std::uint64_t seq = 0;
  std::int64_t time_ms = 0;
  command_id cause{};
  std::string correlation{};
  std::string name{};
  std::string payload{}; ///< msgpack map
  std::optional<event_source> reacts_to{};
  trace_context trace{}; ///< for what follows from it: the parent is the turn that it is of
};

/// A page of a shard's aggregates or a view's rows: everything encoded in `request::payload`.
struct list_request {
  shard_number shard{};
  value::object filter{}; ///< field → wanted value, all must match
  std::string sort{};     ///< field; empty = id
  bool descending = false;
  std::uint64_t skip = 0;
  std::uint32_t limit = 20;
  aggregate_id after{}; ///< only ids beyond this one; with the ascending order of ids only
  bool settled = false; ///< between parts of a node: answered once all asks open now have ended
};
inline constexpr std::uint32_t list_limit_max = 10'000;

struct subscribe_request {
  shard_number shard{};
  record_index from{};        ///< first record wanted; 0 or 1 = from the beginning
  bool only_new = false;      ///< ignore `from`, start behind the newest record
  std::uint32_t credit = 256; ///< events it may be sent before it grants more
};

/// Appends one message; several may follow each other in a frame.
void append_request(std::string& frame, const request& from);
/// The same, from a part of this node to one of another.
void append_forwarded(std::string& frame, const request& from, const forwarded& also);
void append_reply(std::string& frame, const reply& from);
void append_event_push(std::string& frame, const event_push& from);

/// Reads the message at `offset` and moves `offset` behind it. On an error the rest of the frame
/// cannot be trusted; for `unsupported_version` the message names the supported range.
/// `id` of the request is filled as early as possible so that an error can still be addressed.
/// `also` (optional) gets what a part of another node says besides; nothing if it is a client's.
[[nodiscard]] result<void> read_request(std::string_view frame, std::size_t& offset,
                                        document& scratch, request& to,
                                        std::optional<forwarded>* also = nullptr);
[[nodiscard]] result<node_message> read_node_message(std::string_view frame, std::size_t& offset);

[[nodiscard]] std::string encode_list_request(const list_request& from);
[[nodiscard]] result<list_request> decode_list_request(std::string_view payload);
[[nodiscard]] std::string encode_subscribe_request(const subscribe_request& from);
[[nodiscard]] result<subscribe_request> decode_subscribe_request(std::string_view payload);
void append_event(writer& out, const published_event& from);
[[nodiscard]] result<std::vector<published_event>> decode_events(std::string_view payload);

} // namespace troupe
