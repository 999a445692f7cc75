#include "messages/codec.hpp"

#include <msgpack/pack.hpp>
#include <msgpack/unpack.hpp> // parse.hpp needs it

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <new>

namespace troupe {
namespace {

/// Nesting that no limit can raise: it bounds the stack of every walk over a document.
constexpr std::uint32_t depth_hard_max = 64;
/// Up to here comparing each key with each is faster than sorting them.
constexpr std::uint32_t linear_keys_max = 16;

constexpr auto integer_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

struct string_buffer {
  std::string& out;
  void write(const char* bytes, std::size_t count) { out.append(bytes, count); }
};

std::uint32_t wire_size(std::string_view from) {
  return static_cast<std::uint32_t>(from.size());
}

/// Receives the parser's calls and builds the flat node list. Returning false stops the parser, so
/// that a length which is over a limit is refused when it is read, before it costs anything.
class node_builder {
public:
  using node = document::node;

  node_builder(std::vector<node>& nodes, std::vector<std::string_view>& keys,
               const codec_limits& limits, std::size_t bytes_left)
      : nodes_(nodes), keys_(keys), limits_(limits), bytes_left_(bytes_left) {}

  [[nodiscard]] error failure(std::size_t offset) const {
    return fail(code_, std::string{what_} + detail_ + ", near byte " + std::to_string(offset));
  }

  bool visit_nil() { return add(node_kind::nil) != nullptr; }
  bool visit_boolean(bool from) {
    node* added = add(node_kind::boolean);
    if (added == nullptr) return false;
    added->boolean = from;
    return true;
  }
  bool visit_positive_integer(std::uint64_t from) {
    node* added = add(from > integer_max ? node_kind::unsigned_integer : node_kind::integer);
    if (added == nullptr) return false;
    added->unsigned_integer = from;
    return true;
  }
  bool visit_negative_integer(std::int64_t from) {
    node* added = add(node_kind::integer);
    if (added == nullptr) return false;
    added->integer = from;
    return true;
  }
  bool visit_float32(float from) { return visit_float64(static_cast<double>(from)); }
  bool visit_float64(double from) {
    node* added = add(node_kind::real);
    if (added == nullptr) return false;
    added->real = from;
    return true;
  }
  bool visit_str(const char* from, std::uint32_t size) {
    if (size > limits_.text_bytes_max)
      return too_large("text is longer than ", limits_.text_bytes_max);
    return add_bytes(node_kind::text, from, size);
  }
  bool visit_bin(const char* from, std::uint32_t size) {
    if (size > limits_.binary_bytes_max)
      return too_large("binary is longer than ", limits_.binary_bytes_max);
    return add_bytes(node_kind::binary, from, size);
  }
  bool visit_ext(const char*, std::uint32_t) {
    return malformed("extension types are not accepted");
  }

  bool start_array(std::uint32_t entries) {
    if (entries > limits_.array_entries_max)
      return too_large("array has more entries than ", limits_.array_entries_max);
    return open(node_kind::array, entries, entries);
  }
  bool start_map(std::uint32_t entries) {
    if (entries > limits_.map_entries_max)
      return too_large("map has more entries than ", limits_.map_entries_max);
    return open(node_kind::map, entries, 2 * std::uint64_t{entries});
  }
  bool end_array() { return close(), true; }
  bool end_map() {
    const std::uint32_t map = open_[depth_ - 1];
    close();
    return unique_keys(map);
  }

  bool start_array_item() { return true; }
  bool end_array_item() { return true; }
  bool start_map_key() { return key_at_ = static_cast<std::uint32_t>(nodes_.size()), true; }
  bool end_map_key() {
    return nodes_[key_at_].kind == node_kind::text || malformed("a map key is not text");
  }
  bool start_map_value() { return true; }
  bool end_map_value() { return true; }

  void parse_error(std::size_t, std::size_t) { malformed("a byte that starts no value"); }
  void insufficient_bytes(std::size_t, std::size_t) { malformed("input ends inside a value"); }

private:
  node* add(node_kind kind) {
    if (nodes_.size() >= limits_.nodes_max) {
      too_large("document has more nodes than ", limits_.nodes_max);
      return nullptr;
    }
    node& added = nodes_.emplace_back();
    added.kind = kind;
    added.after = static_cast<std::uint32_t>(nodes_.size());
    return &added;
  }
  bool add_bytes(node_kind kind, const char* from, std::uint32_t size) {
    node* added = add(kind);
    if (added == nullptr) return false;
    added->bytes = {from, size};
    return true;
  }
  bool open(node_kind kind, std::uint32_t entries, std::uint64_t children) {
    // Every child takes a byte at least: a length the input cannot hold is refused unread.
    if (children > bytes_left_) return malformed("length exceeds the input");
    if (nodes_.size() + children >= limits_.nodes_max)
      return too_large("document has more nodes than ", limits_.nodes_max);
    const std::uint32_t depth_max = std::min(limits_.depth_max, depth_hard_max);
    if (depth_ >= depth_max) return too_large("nesting is deeper than ", depth_max);
    open_[depth_++] = static_cast<std::uint32_t>(nodes_.size());
    node* added = add(kind);
    if (added == nullptr) return false;
    added->entries = entries;
    return true;
  }
  void close() { nodes_[open_[--depth_]].after = static_cast<std::uint32_t>(nodes_.size()); }

  [[nodiscard]] bool unique_keys(std::uint32_t map) {
    const std::uint32_t entries = nodes_[map].entries;
    if (entries > linear_keys_max) return unique_keys_sorted(map);
    std::array<std::string_view, linear_keys_max> seen;
    std::uint32_t key = map + 1;
    for (std::uint32_t i = 0; i < entries; ++i) {
      seen[i] = nodes_[key].bytes;
      for (std::uint32_t j = 0; j < i; ++j)
        if (seen[j] == seen[i]) return duplicate(seen[i]);
      key = nodes_[key + 1].after;
    }
    return true;
  }
  [[nodiscard]] bool unique_keys_sorted(std::uint32_t map) {
    keys_.clear();
    const std::uint32_t end = nodes_[map].after;
    for (std::uint32_t key = map + 1; key < end; key = nodes_[key + 1].after)
      keys_.push_back(nodes_[key].bytes);
    std::sort(keys_.begin(), keys_.end());
    const auto twice = std::adjacent_find(keys_.begin(), keys_.end());
    return twice == keys_.end() || duplicate(*twice);
  }

  bool malformed(std::string_view what) {
    code_ = errc::malformed;
    what_ = what;
    return false;
  }
  bool too_large(std::string_view what, std::uint32_t limit) {
    code_ = errc::too_large;
    what_ = what;
    detail_ = std::to_string(limit);
    return false;
  }
  bool duplicate(std::string_view key) {
    static constexpr std::size_t shown_bytes_max = 64;
    detail_ = "'" + std::string{key.substr(0, shown_bytes_max)} + "'";
    return malformed("duplicate map key ");
  }

  std::vector<node>& nodes_;
  std::vector<std::string_view>& keys_;
  const codec_limits& limits_;
  std::size_t bytes_left_;
  std::array<std::uint32_t, depth_hard_max> open_; // filled up to depth_
  std::uint32_t depth_ = 0;
  std::uint32_t key_at_ = 0;
  errc code_ = errc::malformed;
  std::string_view what_ = "unreadable";
  std::string detail_;
};

} // namespace

void writer::nil() {
  string_buffer to{out_};
  msgpack::packer<string_buffer>{to}.pack_nil();
}
void writer::boolean(bool from) {
  string_buffer to{out_};
  msgpack::packer<string_buffer> packer{to};
  from ? packer.pack_true() : packer.pack_false();
}
void writer::integer(std::int64_t from) {
  string_buffer to{out_};
  msgpack::packer<string_buffer>{to}.pack_int64(from);
}
void writer::unsigned_integer(std::uint64_t from) {
  string_buffer to{out_};
  msgpack::packer<string_buffer>{to}.pack_uint64(from);
}
void writer::real(double from) {
  // By hand: the packer writes whole reals as integers, and a real must stay one.
  const auto bits = std::bit_cast<std::uint64_t>(from);
  std::array<char, 9> encoded{'\xcb'};
  for (unsigned i = 0; i < 8; ++i)
    encoded[i + 1] = static_cast<char>(bits >> (56 - 8 * i));
  out_.append(encoded.data(), encoded.size());
}
void writer::text(std::string_view from) {
  string_buffer to{out_};
  msgpack::packer<string_buffer>{to}
      .pack_str(wire_size(from))
      .pack_str_body(from.data(), wire_size(from));
}
void writer::binary(std::string_view from) {
  string_buffer to{out_};
  msgpack::packer<string_buffer>{to}
      .pack_bin(wire_size(from))
      .pack_bin_body(from.data(), wire_size(from));
}
void writer::array(std::uint32_t entries) {
  string_buffer to{out_};
  msgpack::packer<string_buffer>{to}.pack_array(entries);
}
void writer::map(std::uint32_t entries) {
  string_buffer to{out_};
  msgpack::packer<string_buffer>{to}.pack_map(entries);
}

void writer::dynamic(const value& from) {
  if (const auto* truth = from.get_if<bool>()) return boolean(*truth);
  if (const auto* number = from.get_if<std::int64_t>()) return integer(*number);
  if (const auto* number = from.get_if<double>()) return real(*number);
  if (const auto* words = from.get_if<std::string>()) return text(*words);
  if (const auto* elements = from.get_if<value::array>()) {
    array(static_cast<std::uint32_t>(elements->size()));
    for (const value& each : *elements)
      dynamic(each);
    return;
  }
  if (const auto* members = from.get_if<value::object>()) {
    map(static_cast<std::uint32_t>(members->size()));
    for (const value::member& each : *members) {
      text(each.first);
      dynamic(each.second);
    }
    return;
  }
  nil();
}

result<void> document::parse(std::string_view bytes, const codec_limits& limits) {
  std::size_t offset = 0;
  if (auto parsed = parse_next(bytes, offset, limits); !parsed) return parsed;
  if (offset == bytes.size()) return {};
  nodes_.clear();
  return fail(errc::malformed, std::to_string(bytes.size() - offset) +
                                   " bytes follow the value, from byte " + std::to_string(offset));
}

result<void> document::parse_next(std::string_view bytes, std::size_t& offset,
                                  const codec_limits& limits) {
  nodes_.clear();
  if (offset >= bytes.size()) return fail(errc::malformed, "input is empty");
  node_builder builder{nodes_, keys_, limits, bytes.size() - offset};
  std::size_t position = offset;
  try {
    if (msgpack::parse(bytes.data(), bytes.size(), position, builder)) {
      offset = position;
      return {};
    }
  } catch (const std::bad_alloc&) {
    nodes_ = {};
    return fail(errc::too_large, "no memory for the document");
  } catch (const msgpack::size_overflow&) {
    nodes_.clear();
    return fail(errc::malformed, "length exceeds the input");
  }
  nodes_.clear();
  return builder.failure(position);
}

document::cursor document::root() const {
  return nodes_.empty() ? cursor{} : cursor{*this, 0};
}

bool document::cursor::read(std::int64_t& to) const {
  if (!exists() || kind() != node_kind::integer) return false;
  to = here().integer;
  return true;
}

bool document::cursor::read(std::uint64_t& to) const {
  if (!exists()) return false;
  const node& from = here();
  if (from.kind == node_kind::integer && from.integer >= 0)
    to = static_cast<std::uint64_t>(from.integer);
  else if (from.kind == node_kind::unsigned_integer)
    to = from.unsigned_integer;
  else
    return false;
  return true;
}

bool document::cursor::read(std::uint32_t& to) const {
  std::uint64_t wide = 0;
  if (!read(wide) || wide > std::numeric_limits<std::uint32_t>::max()) return false;
  to = static_cast<std::uint32_t>(wide);
  return true;
}

bool document::cursor::read(std::int32_t& to) const {
  std::int64_t wide = 0;
  if (!read(wide)) return false;
  if (wide < std::numeric_limits<std::int32_t>::min()) return false;
  if (wide > std::numeric_limits<std::int32_t>::max()) return false;
  to = static_cast<std::int32_t>(wide);
  return true;
}

bool document::cursor::read(double& to) const {
  if (!exists()) return false;
  const node& from = here();
  if (from.kind == node_kind::real)
    to = from.real;
  else if (from.kind == node_kind::integer)
    to = static_cast<double>(from.integer);
  else if (from.kind == node_kind::unsigned_integer)
    to = static_cast<double>(from.unsigned_integer);
  else
    return false;
  return true;
}

bool document::cursor::read(bool& to) const {
  if (!exists() || kind() != node_kind::boolean) return false;
  to = here().boolean;
  return true;
}

bool document::cursor::read(std::string& to) const {
  if (!exists() || kind() != node_kind::text) return false;
  to.assign(here().bytes);
  return true;
}

bool document::cursor::read(std::string_view& to) const {
  if (!exists() || kind() != node_kind::text) return false;
  to = here().bytes;
  return true;
}

bool document::cursor::read_binary(std::string_view& to) const {
  if (!exists() || kind() != node_kind::binary) return false;
  to = here().bytes;
  return true;
}

document::cursor document::cursor::element(std::uint32_t position) const {
  if (!exists() || kind() != node_kind::array || position >= size()) return {};
  cursor at = first();
  for (; position > 0; --position)
    at = at.next();
  return at;
}

document::cursor document::cursor::find(std::string_view key) const {
  if (!exists() || kind() != node_kind::map) return {};
  cursor at = first();
  for (std::uint32_t i = 0; i < size(); ++i) {
    const cursor held = at.next();
    if (at.here().bytes == key) return held;
    at = held.next();
  }
  return {};
}

value document::cursor::to_value() const {
  if (!exists()) return {};
  const node& from = here();
  switch (from.kind) {
  case node_kind::nil:
    return {};
  case node_kind::boolean:
    return {from.boolean};
  case node_kind::integer:
    return {from.integer};
  case node_kind::unsigned_integer:
    return {static_cast<double>(from.unsigned_integer)};
  case node_kind::real:
    return {from.real};
  case node_kind::text:
  case node_kind::binary:
    return {from.bytes};
  case node_kind::array: {
    value::array elements;
    elements.reserve(from.entries);
    cursor at = first();
    for (std::uint32_t i = 0; i < from.entries; ++i, at = at.next())
      elements.push_back(at.to_value());
    return {std::move(elements)};
  }
  case node_kind::map:
    break;
  }
  value::object members;
  members.reserve(from.entries);
  cursor at = first();
  for (std::uint32_t i = 0; i < from.entries; ++i) {
    const cursor held = at.next();
    members.emplace_back(std::string{at.here().bytes}, held.to_value());
    at = held.next();
  }
  return {std::move(members)};
}

std::string encode_value(const value& from) {
  std::string bytes;
  writer{bytes}.dynamic(from);
  return bytes;
}

result<value> decode_value(std::string_view bytes, const codec_limits& limits) {
  document parsed;
  if (auto done = parsed.parse(bytes, limits); !done) return done.error();
  for (const document::node& each : parsed.nodes())
    if (each.kind == node_kind::unsigned_integer)
      return fail(errc::malformed, "integer does not fit into 64 bits with sign");
  try {
    return parsed.root().to_value();
  } catch (const std::bad_alloc&) {
    return fail(errc::too_large, "no memory for the value");
  }
}

} // namespace troupe
