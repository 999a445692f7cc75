#include "messages/hello.hpp"

#include "messages/codec.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace troupe {
namespace {

/// Reads a field that may be left out; `to` then keeps its default.
template <class T> bool read_if_present(document::cursor from, T& to) {
  return from.is_nil() || from.read(to);
}

/// Reads a field that must be there.
template <class T> bool read_field(document::cursor from, T& to) {
  return from.exists() && from.read(to);
}

bool is_kind(document::cursor from, node_kind wanted) {
  return from.exists() && from.kind() == wanted;
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
    const bool fine = element.kind() == node_kind::map &&
                      read_field(element.find("name"), read.name) &&
                      read_if_present(element.find("shards"), read.shards) &&
                      read_if_present(element.find("view"), read.view) &&
                      read_if_present(element.find("up"), read.up) &&
                      read_if_present(element.find("waiting"), read.waiting);
    if (!fine || read.shards == 0) return wrong("contexts");
  }
  return {};
}

result<void> read_members(document::cursor from, std::vector<map_member>& to) {
  if (!is_kind(from, node_kind::array)) return wrong("cluster.members");
  auto element = from.first();
  for (std::uint32_t i = 0; i < from.size(); ++i, element = element.next()) {
    map_member& read = to.emplace_back();
    const bool fine = element.kind() == node_kind::map &&
                      read_field(element.find("node"), read.node) &&
                      read_field(element.find("generation"), read.generation) &&
                      read_field(element.find("endpoint"), read.endpoint) &&
                      read_if_present(element.find("build"), read.build) &&
                      read_if_present(element.find("state"), read.state);
    if (!fine) return wrong("cluster.members");
  }
  return {};
}

/// Of one context: two numbers per shard, the position of its owner among the members plus one (0:
/// nobody) and the epoch.
bool read_owners(document::cursor from, std::vector<map_owner>& to) {
  if (!is_kind(from, node_kind::array) || from.size() % 2 != 0) return false;
  auto element = from.first();
  for (std::uint32_t i = 0; i < from.size() / 2; ++i) {
    std::uint32_t member = 0;
    map_owner& read = to.emplace_back();
    if (!element.read(member)) return false;
    if (member > 0) read.member = member - 1;
    element = element.next();
    if (!element.read(read.epoch.value)) return false;
    element = element.next();
  }
  return true;
}

result<void> read_cluster(document::cursor from, shard_map& to) {
  if (from.is_nil()) return {};
  if (from.kind() != node_kind::map || !read_field(from.find("version"), to.version))
    return wrong("cluster.version");
  if (auto done = read_members(from.find("members"), to.members); !done) return done;
  const auto owners = from.find("owners");
  if (!is_kind(owners, node_kind::array)) return wrong("cluster.owners");
  auto element = owners.first();
  for (std::uint32_t i = 0; i < owners.size(); ++i, element = element.next()) {
    std::string name;
    if (element.kind() != node_kind::map || !read_field(element.find("context"), name) ||
        !read_owners(element.find("shards"), to.contexts[name]))
      return wrong("cluster.owners");
  }
  return {};
}

void write_cluster(writer& out, const shard_map& from) {
  out.map(3);
  out.text("version");
  out.unsigned_integer(from.version);
  out.text("members");
  out.array(static_cast<std::uint32_t>(from.members.size()));
  for (const auto& each : from.members) {
    out.map(5);
    out.text("node");
    out.text(each.node);
    out.text("generation");
    out.unsigned_integer(each.generation);
    out.text("endpoint");
    out.text(each.endpoint);
    out.text("build");
    out.text(each.build);
    out.text("state");
    out.text(each.state);
  }
  out.text("owners");
  out.array(static_cast<std::uint32_t>(from.contexts.size()));
  for (const auto& [name, owners] : from.contexts) {
    out.map(2);
    out.text("context");
    out.text(name);
    out.text("shards");
    out.array(static_cast<std::uint32_t>(owners.size() * 2));
    for (const auto& each : owners) {
      out.unsigned_integer(each.member == map_owner::nobody ? 0 : each.member + 1);
      out.unsigned_integer(each.epoch.value);
    }
  }
}

} // namespace

std::string encode_hello_request(const hello_request& from) {
  std::string payload;
  writer out{payload};
  const std::array more{std::pair{"secret", &from.secret}, std::pair{"role", &from.role},
                        std::pair{"key", &from.key}};
  const auto given =
      std::ranges::count_if(more, [](const auto& each) { return !each.second->empty(); });
  out.map(2 + static_cast<std::uint32_t>(given));
  out.text("name");
  out.text(from.name);
  out.text("build");
  out.text(from.build);
  for (const auto& [name, held] : more) {
    if (held->empty()) continue;
    out.text(name);
    out.text(*held);
  }
  return payload;
}

result<hello_request> decode_hello_request(std::string_view payload) {
  document parsed;
  if (auto done = parse_map(parsed, payload); !done) return done.error();
  hello_request to;
  if (!read_if_present(parsed.root().find("name"), to.name)) return wrong("name");
  if (!read_if_present(parsed.root().find("build"), to.build)) return wrong("build");
  if (!read_if_present(parsed.root().find("secret"), to.secret)) return wrong("secret");
  if (!read_if_present(parsed.root().find("role"), to.role)) return wrong("role");
  if (!read_if_present(parsed.root().find("key"), to.key)) return wrong("key");
  return to;
}

std::string encode_hello_reply(const hello_reply& from) {
  std::string payload;
  writer out{payload};
  const bool alone = from.cluster.version == 0;
  out.map(4U + (alone ? 0U : 1U) + (from.admin_endpoint.empty() ? 0U : 1U));
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
  if (!alone) {
    out.text("cluster");
    write_cluster(out, from.cluster);
  }
  if (!from.admin_endpoint.empty()) {
    out.text("admin");
    out.text(from.admin_endpoint);
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
  if (auto done = read_cluster(map.find("cluster"), to.cluster); !done) return done.error();
  if (!read_if_present(map.find("admin"), to.admin_endpoint)) return wrong("admin");
  return to;
}

} // namespace troupe
