#pragma once

#include "messages/error.hpp"
#include "messages/value.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Limits a decoder enforces before it allocates anything (docs/protocol.md, "Limits").
struct codec_limits {
  std::uint32_t depth_max = 16; ///< never more than 64, whatever is set here
  std::uint32_t array_entries_max = 10'000;
  std::uint32_t map_entries_max = 1'000;
  std::uint32_t text_bytes_max = 64 * 1024;
  std::uint32_t binary_bytes_max = 1024 * 1024;
  std::uint32_t nodes_max = 100'000; ///< all scalars, arrays and maps of one document together
};

/// Appends msgpack to a caller's buffer, which may be reused.
class writer {
public:
  explicit writer(std::string& out) : out_(out) {}
  void nil();
  void boolean(bool from);
  void integer(std::int64_t from);
  void unsigned_integer(std::uint64_t from);
  void real(double from);
  void text(std::string_view from);
  void binary(std::string_view from);
  void array(std::uint32_t entries); ///< that many elements must follow
  void map(std::uint32_t entries);   ///< that many key, value pairs must follow
  void dynamic(const value& from);
  /// Appends bytes that are msgpack already.
  void raw(std::string_view encoded) { out_.append(encoded); }

private:
  std::string& out_;
};

/// What a node of a document is.
enum class node_kind : std::uint8_t {
  nil,
  boolean,
  integer,
  unsigned_integer,
  real,
  text,
  binary,
  array,
  map
};

/// One parsed msgpack document as a flat list of nodes in document order; holds views into the
/// bytes it was parsed from, which must outlive it. Reusable: `parse` drops the previous content
/// but keeps the memory, so that a hot loop allocates no nodes.
class document {
public:
  struct node {
    node_kind kind = node_kind::nil;
    std::uint32_t entries = 0; ///< of an array or map
    std::uint32_t after = 0;   ///< position of the next sibling
    union {
      std::int64_t integer = 0;
      std::uint64_t unsigned_integer;
      double real;
      bool boolean;
    };
    std::string_view bytes; ///< of text and binary
  };

  /// Parses exactly one value. Refuses truncated input, trailing bytes, extension types,
  /// map keys that are not text, duplicate keys of one map and anything over the limits.
  [[nodiscard]] result<void> parse(std::string_view bytes, const codec_limits& limits = {});
  /// Parses one value at `offset` and moves `offset` behind it: for frames that hold several. On an
  /// error the document is empty and `offset` stays.
  [[nodiscard]] result<void> parse_next(std::string_view bytes, std::size_t& offset,
                                        const codec_limits& limits = {});

  class cursor;
  [[nodiscard]] cursor root() const;
  [[nodiscard]] const std::vector<node>& nodes() const { return nodes_; }

private:
  std::vector<node> nodes_;
  std::vector<std::string_view> keys_; ///< of the large map whose keys are being compared
};

/// A place in a document. Cheap to copy; valid while the document is.
class document::cursor {
public:
  cursor() = default;
  cursor(const document& in, std::uint32_t at) : in_(&in), at_(at) {}

  [[nodiscard]] bool exists() const { return in_ != nullptr; }
  [[nodiscard]] node_kind kind() const { return here().kind; }
  [[nodiscard]] bool is_nil() const { return !exists() || kind() == node_kind::nil; }
  [[nodiscard]] std::uint32_t size() const { return here().entries; }

  /// Typed reads; false (and `to` untouched) if the node is of another type or out of range.
  [[nodiscard]] bool read(std::int64_t& to) const;
  [[nodiscard]] bool read(std::uint64_t& to) const;
  [[nodiscard]] bool read(std::uint32_t& to) const;
  [[nodiscard]] bool read(std::int32_t& to) const;
  [[nodiscard]] bool read(double& to) const; ///< takes integers too
  [[nodiscard]] bool read(bool& to) const;
  [[nodiscard]] bool read(std::string& to) const; ///< text
  [[nodiscard]] bool read(std::string_view& to) const;
  [[nodiscard]] bool read_binary(std::string_view& to) const;

  /// First element of an array, or first key of a map.
  [[nodiscard]] cursor first() const { return {*in_, at_ + 1}; }
  /// Next sibling; in a map keys and values alternate.
  [[nodiscard]] cursor next() const { return {*in_, here().after}; }
  /// Element of an array (linear); does not exist if out of range or this is no array.
  [[nodiscard]] cursor element(std::uint32_t position) const;
  /// Value of a map's key (linear); does not exist if absent or this is no map.
  [[nodiscard]] cursor find(std::string_view key) const;
  /// Binary becomes text; an integer over 63 bits becomes the nearest real.
  [[nodiscard]] value to_value() const;

private:
  [[nodiscard]] const node& here() const { return in_->nodes_[at_]; }
  const document* in_ = nullptr;
  std::uint32_t at_ = 0;
};

/// Exact both ways: `decode_value` refuses integers that `value` cannot hold.
[[nodiscard]] std::string encode_value(const value& from);
[[nodiscard]] result<value> decode_value(std::string_view bytes, const codec_limits& limits = {});

} // namespace troupe
