#include "messages/envelope.hpp"

#include "messages/wire_reader.hpp"

#include <algorithm>

namespace troupe {
namespace {

// Wire form: msgpack arrays, several back to back in a frame. Elements behind those listed are
// ignored, so that a version can grow at its end; a missing one makes the message malformed.
//
//   request  [1, kind, id, context, target, name, command id: bin16 or nil, remaining_ms,
//             correlation, payload: bin | nil or, between nodes: [shard, source context, source
//             shard, source index | caller's kind, context, shard, index] | trace: bin25]
//   answer   [1, 129, id, target, seq, epoch, flags: 1 = replayed, payload: bin | at |
//             nil or degraded: [as_of, age_ms]]
//   failure  [1, 130, id, code, reason, message, retry_after_ms | nil or [endpoint, epoch]]
//   events   [1, 131, id, next, payload: bin | head]
//
// What stands behind the bar came later: a reader does without it.

enum class node_message_kind : std::uint8_t { answer = 129, failure = 130, events = 131 };

constexpr std::uint32_t request_elements = 10;
constexpr std::uint32_t answer_elements = 10;
constexpr std::uint32_t failure_elements = 8;
constexpr std::uint32_t events_elements = 6;
constexpr std::uint32_t forwarded_elements = 4;
constexpr std::uint32_t caller_elements = 4;

constexpr std::uint64_t replayed_flag = 1;
constexpr std::size_t endpoint_bytes_max = 256;
constexpr auto caller_kind_max = static_cast<std::uint32_t>(command_caller::kind::retry);
constexpr auto request_kind_max = static_cast<std::uint32_t>(request_kind::void_ask);

/// Limits of the envelope itself. The arrays are flat; what is inside a payload is limited when the
/// payload is parsed.
constexpr codec_limits envelope_limits{.depth_max = 4,
                                       .array_entries_max = 64,
                                       .map_entries_max = 64,
                                       .text_bytes_max = error_message_bytes_max,
                                       .binary_bytes_max = frame_bytes_max,
                                       .nodes_max = 256};

/// Cuts a text to a limit without cutting a UTF-8 character in two.
std::string_view clipped(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0U) == 0x80U)
    --bytes_max;
  return text.substr(0, bytes_max);
}

void start(writer& out, std::uint32_t elements, std::uint32_t kind, std::uint64_t id) {
  out.array(elements);
  out.unsigned_integer(protocol_version);
  out.unsigned_integer(kind);
  out.unsigned_integer(id);
}

error unsupported(std::string what) {
  return fail(errc::unsupported_version, std::move(what) + "; supported are versions 1 to " +
                                             std::to_string(protocol_version) +
                                             " with request kinds 1 to " +
                                             std::to_string(request_kind_max));
}

/// First elements of every message.
struct heading {
  std::uint32_t kind = 0;
  std::uint64_t id = 0;
};

/// Parses the next message and reads its heading; `at` is then behind it.
result<void> read_heading(std::string_view frame, std::size_t& offset, document& scratch,
                          wire_reader& at, heading& to) {
  if (frame.size() > frame_bytes_max)
    return fail(errc::too_large, "frame: longer than " + std::to_string(frame_bytes_max));
  if (auto parsed = scratch.parse_next(frame, offset, envelope_limits); !parsed) return parsed;
  at = wire_reader{scratch.root()};
  std::uint32_t version = 0;
  // The id is read before the version is judged: an error then reaches the caller who waits for it.
  at.number("version", version).number("kind", to.kind).number("id", to.id);
  if (!at.ok()) return at.failure();
  if (version != protocol_version)
    return unsupported("version " + std::to_string(version) + " is not spoken here");
  return {};
}

/// What a kind of request cannot do without.
result<void> check_complete(const request& from) {
  const auto is_any = [&](auto... kinds) { return ((from.kind == kinds) || ...); };
  using enum request_kind;
  if (is_any(command, get, query, list, subscribe, void_ask) && from.context.empty())
    return fail(errc::malformed, "context: missing");
  if (is_any(command, query, admin) && from.name.empty())
    return fail(errc::malformed, "name: missing");
  if (is_any(command, void_ask) && !from.command.given())
    return fail(errc::malformed, "command_id: missing, but this kind of request needs one");
  if (is_any(get, query) && !from.target.given()) return fail(errc::malformed, "target: missing");
  return {};
}

result<reply> read_answer(wire_reader& at, std::uint64_t id) {
  reply_content content;
  std::uint64_t flags = 0;
  std::string_view payload;
  at.aggregate("target", content.target)
      .number("seq", content.seq)
      .number("epoch", content.epoch.value)
      .number("flags", flags)
      .binary("payload", payload);
  if (at.further()) at.number("at", content.at.value);
  if (!at.ok()) return at.failure();
  if (const auto mark = at.further(); mark && !mark->is_nil()) {
    wire_reader parts{*mark};
    auto& degraded = content.degraded.emplace();
    parts.number("degraded.as_of", degraded.as_of).number("degraded.age_ms", degraded.age_ms);
    if (!parts.ok()) return parts.failure();
  }
  content.replayed = (flags & replayed_flag) != 0;
  content.payload = payload;
  return reply{id, std::move(content)};
}

result<reply> read_failure(wire_reader& at, std::uint64_t id) {
  error failure;
  std::string code;
  at.text("code", code, name_bytes_max)
      .text("reason", failure.reason, name_bytes_max)
      .text("message", failure.message, error_message_bytes_max)
      .number("retry_after_ms", failure.retry_after_ms);
  if (!at.ok()) return at.failure();
  if (const auto place = at.further(); place && !place->is_nil()) {
    wire_reader parts{*place};
    auto& moved = failure.moved.emplace();
    parts.text("moved.endpoint", moved.endpoint, endpoint_bytes_max)
        .number("moved.epoch", moved.epoch);
    if (!parts.ok()) return parts.failure();
  }
  // A newer node may know more errors than this build: keep what it said.
  if (const auto known = errc_named(code))
    failure.code = *known;
  else
    failure.message = code + ": " + failure.message;
  return reply{id, std::move(failure)};
}

result<node_message> read_events(wire_reader& at, std::uint64_t id) {
  event_push push{.id = id, .next = {}, .payload = {}};
  std::string_view payload;
  at.number("next", push.next.value).binary("payload", payload);
  if (at.further()) at.number("head", push.head.value);
  if (!at.ok()) return at.failure();
  push.payload = payload;
  return node_message{std::move(push)};
}

/// What follows the elements that every request has: nothing from clients of any build.
result<void> read_forwarded(const wire_reader& at, std::optional<forwarded>& to) {
  to.reset();
  const auto extra = at.further();
  if (!extra || extra->is_nil()) return {};
  wire_reader parts{*extra};
  forwarded read;
  event_source source;
  parts.number("forwarded.shard", read.shard.value)
      .text("forwarded.source", source.context, name_bytes_max)
      .number("forwarded.source_shard", source.shard.value)
      .number("forwarded.source_index", source.index.value);
  if (!parts.ok()) return parts.failure();
  if (!source.context.empty()) read.reacts_to = std::move(source);
  if (parts.further()) {
    std::uint32_t why = 0;
    command_caller caller;
    parts.number("forwarded.caller_kind", why)
        .text("forwarded.caller", caller.record.context, name_bytes_max)
        .number("forwarded.caller_shard", caller.record.shard.value)
        .number("forwarded.caller_index", caller.record.index.value);
    if (!parts.ok()) return parts.failure();
    caller.why = static_cast<command_caller::kind>(why);
    if (why <= caller_kind_max) read.caller = std::move(caller); // else: of a newer node
  }
  to = std::move(read);
  return {};
}

/// Of clients and nodes; what is no trace here is one of a later version, and left out.
result<void> read_trace(wire_reader& at, trace_context& to) {
  to = {};
  if (!at.further()) return {};
  at.skip(); // what nodes say to each other
  const auto held = at.further();
  if (!held || held->is_nil()) return {};
  std::string_view bytes;
  at.binary("trace", bytes);
  if (!at.ok()) return at.failure();
  if (const auto read = trace_context::from_bytes(bytes)) to = *read;
  return {};
}

void write_trace(writer& out, const trace_context& from) {
  const auto bytes = from.bytes();
  out.binary({bytes.data(), bytes.size()});
}

void write_request(writer& out, const request& from, std::uint32_t elements) {
  start(out, elements, static_cast<std::uint32_t>(from.kind), from.id);
  out.text(from.context);
  out.integer(from.target.number);
  out.text(from.name);
  write_command_id(out, from.command);
  out.unsigned_integer(from.remaining_ms);
  out.text(from.correlation);
  out.binary(from.payload);
}

} // namespace

void append_request(std::string& frame, const request& from) {
  writer out{frame};
  if (!from.trace.given()) return write_request(out, from, request_elements);
  write_request(out, from, request_elements + 2);
  out.nil();
  write_trace(out, from.trace);
}

void append_forwarded(std::string& frame, const request& from, const forwarded& also) {
  writer out{frame};
  write_request(out, from, request_elements + (from.trace.given() ? 2 : 1));
  const event_source source = also.reacts_to.value_or(event_source{});
  out.array(forwarded_elements + (also.caller ? caller_elements : 0));
  out.unsigned_integer(also.shard.value);
  out.text(source.context);
  out.unsigned_integer(source.shard.value);
  out.unsigned_integer(source.index.value);
  if (also.caller) {
    out.unsigned_integer(static_cast<std::uint64_t>(also.caller->why));
    out.text(also.caller->record.context);
    out.unsigned_integer(also.caller->record.shard.value);
    out.unsigned_integer(also.caller->record.index.value);
  }
  if (from.trace.given()) write_trace(out, from.trace);
}

void append_reply(std::string& frame, const reply& from) {
  writer out{frame};
  if (const auto* content = std::get_if<reply_content>(&from.content)) {
    start(out, answer_elements, static_cast<std::uint32_t>(node_message_kind::answer), from.id);
    out.integer(content->target.number);
    out.unsigned_integer(content->seq);
    out.unsigned_integer(content->epoch.value);
    out.unsigned_integer(content->replayed ? replayed_flag : 0);
    out.binary(content->payload);
    out.unsigned_integer(content->at.value);
    if (!content->degraded) return out.nil();
    out.array(2);
    out.unsigned_integer(content->degraded->as_of);
    out.unsigned_integer(content->degraded->age_ms);
    return;
  }
  const error& failure = std::get<error>(from.content);
  start(out, failure_elements, static_cast<std::uint32_t>(node_message_kind::failure), from.id);
  out.text(info(failure.code).name);
  out.text(clipped(failure.reason, name_bytes_max));
  out.text(clipped(failure.message, error_message_bytes_max));
  out.integer(std::max(failure.retry_after_ms, -1)); // -1: never
  if (!failure.moved) return out.nil();
  out.array(2);
  out.text(failure.moved->endpoint);
  out.unsigned_integer(failure.moved->epoch);
}

void append_event_push(std::string& frame, const event_push& from) {
  writer out{frame};
  start(out, events_elements, static_cast<std::uint32_t>(node_message_kind::events), from.id);
  out.unsigned_integer(from.next.value);
  out.binary(from.payload);
  out.unsigned_integer(from.head.value);
}

result<void> read_request(std::string_view frame, std::size_t& offset, document& scratch,
                          request& to, std::optional<forwarded>* also) {
  to.id = 0;
  wire_reader at;
  heading head;
  auto started = read_heading(frame, offset, scratch, at, head);
  to.id = head.id;
  if (!started) return started;
  if (head.kind < 1 || head.kind > request_kind_max)
    return unsupported("request kind " + std::to_string(head.kind) + " is not known here");
  to.kind = static_cast<request_kind>(head.kind);
  std::string_view payload;
  at.text("context", to.context, name_bytes_max)
      .aggregate("target", to.target)
      .text("name", to.name, name_bytes_max)
      .command("command_id", to.command)
      .number("remaining_ms", to.remaining_ms)
      .text("correlation", to.correlation, correlation_bytes_max)
      .binary("payload", payload);
  if (!at.ok()) return at.failure();
  if (to.remaining_ms > deadline_ms_max)
    return fail(errc::malformed, "remaining_ms: more than " + std::to_string(deadline_ms_max));
  to.payload.assign(payload);
  if (also != nullptr)
    if (auto read = read_forwarded(at, *also); !read) return read;
  if (auto read = read_trace(at, to.trace); !read) return read;
  return check_complete(to);
}

result<node_message> read_node_message(std::string_view frame, std::size_t& offset) {
  document scratch;
  wire_reader at;
  heading head;
  if (auto started = read_heading(frame, offset, scratch, at, head); !started)
    return started.error();
  if (head.kind == static_cast<std::uint32_t>(node_message_kind::events))
    return read_events(at, head.id);
  const bool answer = head.kind == static_cast<std::uint32_t>(node_message_kind::answer);
  if (!answer && head.kind != static_cast<std::uint32_t>(node_message_kind::failure))
    return unsupported("message kind " + std::to_string(head.kind) + " is not known here");
  auto read = answer ? read_answer(at, head.id) : read_failure(at, head.id);
  if (!read) return read.error();
  return node_message{std::move(*read)};
}

} // namespace troupe
