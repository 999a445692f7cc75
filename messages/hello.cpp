#include "messages/hello.hpp"

#include "messages/codec.hpp"

namespace troupe {
namespace {

/// Reads a field that may be left out; `to` then keeps its default.
template <class T> bool read_if_present(document::cursor from, T& to) {
  return from.is_nil() || from.read(to);
}

error wrong(std::string_view field) {
  return fail(errc::malformed, "hello: " + std::string{field} + ": wrong type");
}

result<void> parse_map(document& parsed, std::string_view payload) {
  if (auto done = parsed.parse(payload); !done) return done;
  if (parsed.root().kind() != node_kind::map)
    return fail(errc::malformed, "hello: expected a map of fields");
  return {};
}

result<void> read_contexts(document::cursor from, std::vector<served_context>& to) {
  if (from.is_nil()) return {};
  if (from.kind() != node_kind::array) return wrong("contexts");
  auto element = from.first();
  for (std::uint32_t i = 0; i < from.size(); ++i, element = element.next()) {
    served_context& read = to.emplace_back();
    const bool fine = element.kind() == node_kind::map && element.find("name").exists() &&
                      element.find("name").read(read.name) &&
                      read_if_present(element.find("shards"), read.shards) &&
                      read_if_present(element.find("view"), read.view) &&
                      read_if_present(element.find("up"), read.up) &&
                      read_if_present(element.find("waiting"), read.waiting);
    if (!fine || read.shards == 0) return wrong("contexts");
  }
  return {};
}

} // namespace

std::string encode_hello_request(const hello_request& from) {
  std::string payload;
  writer out{payload};
  out.map(2);
  out.text("name");
  out.text(from.name);
  out.text("build");
  out.text(from.build);
  return payload;
}

result<hello_request> decode_hello_request(std::string_view payload) {
  document parsed;
  if (auto done = parse_map(parsed, payload); !done) return done.error();
  hello_request to;
  if (!read_if_present(parsed.root().find("name"), to.name)) return wrong("name");
  if (!read_if_present(parsed.root().find("build"), to.build)) return wrong("build");
  return to;
}

std::string encode_hello_reply(const hello_reply& from) {
  std::string payload;
  writer out{payload};
  out.map(4);
  out.text("node");
  out.text(from.node);
  out.text("build");
  out.text(from.build);
  out.text("protocol");
  out.map(2);
  out.text("min");
  out.unsigned_integer(from.protocol_min);
  out.text("max");
  out.unsigned_integer(from.protocol_max);
  out.text("contexts");
  out.array(static_cast<std::uint32_t>(from.contexts.size()));
  for (const auto& each : from.contexts) {
    out.map(each.waiting.empty() ? 4 : 5);
    out.text("name");
    out.text(each.name);
    out.text("shards");
    out.unsigned_integer(each.shards);
    out.text("view");
    out.boolean(each.view);
    out.text("up");
    out.boolean(each.up);
    if (each.waiting.empty()) continue;
    out.text("waiting");
    out.text(each.waiting);
  }
  return payload;
}

result<hello_reply> decode_hello_reply(std::string_view payload) {
  document parsed;
  if (auto done = parse_map(parsed, payload); !done) return done.error();
  const auto map = parsed.root();
  hello_reply to;
  if (!read_if_present(map.find("node"), to.node)) return wrong("node");
  if (!read_if_present(map.find("build"), to.build)) return wrong("build");
  if (const auto range = map.find("protocol"); !range.is_nil()) {
    if (range.kind() != node_kind::map) return wrong("protocol");
    if (!read_if_present(range.find("min"), to.protocol_min)) return wrong("protocol.min");
    if (!read_if_present(range.find("max"), to.protocol_max)) return wrong("protocol.max");
  }
  if (auto done = read_contexts(map.find("contexts"), to.contexts); !done) return done.error();
  return to;
}

} // namespace troupe
