#pragma once

#include "bin/cli/failure.hpp"
#include "messages/descriptor.hpp"
#include "messages/ids.hpp"
#include "messages/value.hpp"

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::cli {

/// A context, and an aggregate of it if one was named.
struct target {
  const context_info* context = nullptr;
  aggregate_id id;
};

/// Reads "taxi.call" or "taxi.call/1". An unknown context fails with what was probably meant.
[[nodiscard]] std::variant<target, failure> parse_target(std::string_view text);
/// The same, but the id must be there.
[[nodiscard]] std::variant<target, failure> parse_one(std::string_view text);
/// The same, but without an id.
[[nodiscard]] std::variant<const context_info*, failure> parse_context(std::string_view text);

/// A command of the context by name; views have none.
[[nodiscard]] std::variant<const troupe::command_info*, failure>
find_command(const context_info& in, std::string_view name);

/// Makes a value of a field's type from a text: 500, 4.5, true, "null" for fields that may be null.
[[nodiscard]] result<value> coerce(const field_info& to, std::string_view text);
/// Checks a JSON value against the field's type; texts are converted as above.
[[nodiscard]] result<value> coerce(const field_info& to, const value& from);

/// Reads "name=value" words; names and types are those of `fields`.
[[nodiscard]] result<value::object> parse_fields(std::span<const field_info> fields,
                                                 std::span<const std::string> words);
/// Reads a JSON object.
[[nodiscard]] result<value::object> parse_json_fields(std::span<const field_info> fields,
                                                      std::string_view text);

[[nodiscard]] std::string_view type_name(field_type type);

} // namespace troupe::cli
