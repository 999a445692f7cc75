#include "messages/envelope.hpp"
#include "messages/wire_reader.hpp"

namespace troupe {
namespace {

// Payloads that the envelope itself defines.
//
//   list       {shard, filter: {field: scalar, …}, sort, desc, skip, limit}
//   subscribe  {shard, from, new, credit}
//   events     array of [shard, index, ordinal, aggregate, seq, time_ms, cause: bin16 or nil,
//              correlation, name, payload: bin (a msgpack map), then of the record it
//              reacts to: context ("" if none), shard, index | trace: bin25]
//
// Fields left out of a map keep their default, unknown ones are ignored; event elements behind
// those listed are ignored.

constexpr std::uint32_t event_elements = 13; ///< and the trace, of those that have one

/// A push holds at most this many events, each with room for elements of later versions.
constexpr codec_limits events_limits{.depth_max = 4, .nodes_max = 200'000};

error wrong(std::string_view field) {
  return fail(errc::malformed, std::string{field} + ": wrong type or out of range");
}

/// Reads a field that may be left out; `to` then keeps its default.
template <class T> bool read_if_present(document::cursor from, T& to) {
  return from.is_nil() || from.read(to);
}

result<void> read_filter(document::cursor from, value::object& to) {
  if (from.is_nil()) return {};
  if (from.kind() != node_kind::map) return wrong("filter");
  document::cursor key = from.first();
  for (std::uint32_t i = 0; i < from.size(); ++i) {
    std::string name;
    if (!key.read(name) || name.size() > name_bytes_max)
      return fail(errc::too_large,
                  "filter: a field's name is longer than " + std::to_string(name_bytes_max));
    const document::cursor wanted = key.next();
    const node_kind kind = wanted.kind();
    if (kind == node_kind::array || kind == node_kind::map || kind == node_kind::binary ||
        kind == node_kind::unsigned_integer)
      return wrong("filter." + name);
    to.emplace_back(std::move(name), wanted.to_value());
    key = wanted.next();
  }
  return {};
}

result<document::cursor> parse_map(document& parsed, std::string_view payload,
                                   std::string_view what) {
  if (auto done = parsed.parse(payload); !done) return done.error();
  if (parsed.root().kind() != node_kind::map)
    return fail(errc::malformed, std::string{what} + ": expected a map of fields");
  return parsed.root();
}

} // namespace

std::string encode_list_request(const list_request& from) {
  std::string payload;
  writer out{payload};
  out.map(6U + (from.after.given() ? 1U : 0U) + (from.settled ? 1U : 0U));
  out.text("shard");
  out.unsigned_integer(from.shard.value);
  out.text("filter");
  out.map(static_cast<std::uint32_t>(from.filter.size()));
  for (const auto& [field, wanted] : from.filter) {
    out.text(field);
    out.dynamic(wanted);
  }
  out.text("sort");
  out.text(from.sort);
  out.text("desc");
  out.boolean(from.descending);
  out.text("skip");
  out.unsigned_integer(from.skip);
  out.text("limit");
  out.unsigned_integer(from.limit);
  if (from.after.given()) {
    out.text("after");
    out.integer(from.after.number);
  }
  if (from.settled) {
    out.text("settled");
    out.boolean(true);
  }
  return payload;
}

result<list_request> decode_list_request(std::string_view payload) {
  document parsed;
  const auto map = parse_map(parsed, payload, "list request");
  if (!map) return map.error();
  list_request to;
  if (!read_if_present(map->find("shard"), to.shard.value)) return wrong("shard");
  if (auto done = read_filter(map->find("filter"), to.filter); !done) return done.error();
  if (!read_if_present(map->find("sort"), to.sort)) return wrong("sort");
  if (to.sort.size() > name_bytes_max)
    return fail(errc::too_large, "sort: longer than " + std::to_string(name_bytes_max) + " bytes");
  if (!read_if_present(map->find("desc"), to.descending)) return wrong("desc");
  if (!read_if_present(map->find("skip"), to.skip)) return wrong("skip");
  if (!read_if_present(map->find("limit"), to.limit)) return wrong("limit");
  if (to.limit < 1 || to.limit > list_limit_max)
    return fail(errc::malformed, "limit: from 1 to " + std::to_string(list_limit_max));
  if (!read_if_present(map->find("after"), to.after.number) || to.after.number < 0)
    return wrong("after");
  if (!read_if_present(map->find("settled"), to.settled)) return wrong("settled");
  return to;
}

std::string encode_subscribe_request(const subscribe_request& from) {
  std::string payload;
  writer out{payload};
  out.map(4);
  out.text("shard");
  out.unsigned_integer(from.shard.value);
  out.text("from");
  out.unsigned_integer(from.from.value);
  out.text("new");
  out.boolean(from.only_new);
  out.text("credit");
  out.unsigned_integer(from.credit);
  return payload;
}

result<subscribe_request> decode_subscribe_request(std::string_view payload) {
  document parsed;
  const auto map = parse_map(parsed, payload, "subscribe request");
  if (!map) return map.error();
  subscribe_request to;
  if (!read_if_present(map->find("shard"), to.shard.value)) return wrong("shard");
  if (!read_if_present(map->find("from"), to.from.value)) return wrong("from");
  if (!read_if_present(map->find("new"), to.only_new)) return wrong("new");
  if (!read_if_present(map->find("credit"), to.credit)) return wrong("credit");
  return to;
}

void append_event(writer& out, const published_event& from) {
  out.array(event_elements + (from.trace.given() ? 1U : 0U));
  out.unsigned_integer(from.shard.value);
  out.unsigned_integer(from.index.value);
  out.unsigned_integer(from.ordinal);
  out.integer(from.aggregate.number);
  out.unsigned_integer(from.seq);
  out.integer(from.time_ms);
  write_command_id(out, from.cause);
  out.text(from.correlation);
  out.text(from.name);
  out.binary(from.payload);
  const event_source source = from.reacts_to.value_or(event_source{});
  out.text(source.context);
  out.unsigned_integer(source.shard.value);
  out.unsigned_integer(source.index.value);
  if (!from.trace.given()) return;
  const auto trace = from.trace.bytes();
  out.binary({trace.data(), trace.size()});
}

result<std::vector<published_event>> decode_events(std::string_view payload) {
  document parsed;
  if (auto done = parsed.parse(payload, events_limits); !done) return done.error();
  const document::cursor array = parsed.root();
  if (array.kind() != node_kind::array)
    return fail(errc::malformed, "events: expected an array of events");
  std::vector<published_event> events;
  events.reserve(array.size());
  document::cursor element = array.first();
  for (std::uint32_t i = 0; i < array.size(); ++i, element = element.next()) {
    published_event& to = events.emplace_back();
    std::string_view fields;
    event_source source;
    wire_reader at{element};
    at.number("shard", to.shard.value)
        .number("index", to.index.value)
        .number("ordinal", to.ordinal)
        .aggregate("aggregate", to.aggregate)
        .number("seq", to.seq)
        .number("time_ms", to.time_ms)
        .command("cause", to.cause)
        .text("correlation", to.correlation, correlation_bytes_max)
        .text("name", to.name, name_bytes_max)
        .binary("payload", fields)
        .text("source", source.context, name_bytes_max)
        .number("source_shard", source.shard.value)
        .number("source_index", source.index.value);
    std::string_view trace;
    if (at.further()) at.binary("trace", trace);
    if (!at.ok()) {
      error failure = at.failure();
      failure.message = "event " + std::to_string(i) + ": " + failure.message;
      return failure;
    }
    to.payload.assign(fields);
    if (!source.context.empty()) to.reacts_to = std::move(source);
    if (const auto known = trace_context::from_bytes(trace)) to.trace = *known;
  }
  return events;
}

} // namespace troupe
