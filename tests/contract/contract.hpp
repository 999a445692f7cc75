#pragma once

#include "messages/descriptor.hpp"
#include "messages/value.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What a context said yesterday, as a file that is checked in: shapes, paths and recorded bytes.
namespace troupe::test {

enum class message_kind : std::uint8_t { state, command, reply, event };

struct contract_field {
  std::string name;
  field_type type = field_type::text;
  bool nullable = false;
  bool hidden = false; ///< of a state: read back by its own context only
  bool operator==(const contract_field&) const = default;
};

/// One message as it was written.
struct sample {
  std::string bytes;          ///< msgpack
  std::optional<value> state; ///< of an event: what an aggregate is after this event alone
  bool operator==(const sample&) const = default;
};

struct contract_message {
  message_kind kind = message_kind::event;
  std::string name;
  bool internal = false; ///< said to nobody outside; it is still read, from journals and timers
  std::vector<contract_field> fields;
  std::vector<sample> samples;
  bool operator==(const contract_message&) const = default;
};

struct contract {
  std::string context;
  std::vector<std::string>
      paths; ///< requests that callers may send, e.g. "POST /shop/orders order"
  std::vector<contract_message> messages;

  [[nodiscard]] const contract_message* find(message_kind kind, std::string_view name) const;
  bool operator==(const contract&) const = default;
};

/// A message of today: the same as `contract_message`, with the shape that reads it.
struct spoken_message {
  message_kind kind = message_kind::event;
  std::string_view name;
  bool internal = false;
  const message_info* shape = nullptr;
};

/// Everything a context of the catalogue says today.
[[nodiscard]] std::vector<spoken_message> spoken_by(std::span<const context_info> catalogue,
                                                    const context_info& context);
[[nodiscard]] std::vector<std::string> paths_of(const context_info& context);
[[nodiscard]] std::vector<contract_field> fields_of(const message_info& shape);

[[nodiscard]] std::string_view word(message_kind kind);
/// "integer", "text?" if it may be null, "boolean, hidden".
[[nodiscard]] std::string text_of(const contract_field& field);

/// The file: JSON, with the bytes of samples in hexadecimal and, for people, as JSON beside them.
[[nodiscard]] std::string file_text(const contract& from);
/// Refuses a file whose JSON beside the bytes says something else than the bytes.
[[nodiscard]] result<contract> read_contract(std::string_view text);

} // namespace troupe::test
