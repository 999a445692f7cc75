#pragma once

#include "messages/descriptor.hpp"
#include "messages/error.hpp"
#include "messages/ids.hpp"
#include "messages/value.hpp"

#include <string>
#include <string_view>

namespace troupe::gateway {

/// A command read from a JSON body.
struct command_input {
  std::string payload; ///< msgpack map of the fields that were given, in declared order
  aggregate_id target; ///< from the command's `id_from` field, if it has one
};

/// The fields of a command out of a JSON object, coerced to their declared types; a JSON null
/// counts as absent, members the command does not declare are ignored. Errors name the field.
/// `path_id` is the id of the path, if any: it fills a missing `id_from` field and must agree with
/// a given one.
[[nodiscard]] result<command_input> read_command(const command_info& command, const value& body,
                                                 aggregate_id path_id);

/// One JSON value as the declared type: numbers and truth values may come as texts ("500") and
/// numbers where text is wanted. A text of no characters is null where null is allowed.
[[nodiscard]] result<value> coerced(const field_info& field, const value& from);

/// The field's value out of a query parameter.
[[nodiscard]] result<value> from_parameter(const field_info& field, const std::string& text);

[[nodiscard]] const field_info* find_field(const message_info& shape, std::string_view name);

} // namespace troupe::gateway
