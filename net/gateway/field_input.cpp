#include "net/gateway/field_input.hpp"

#include "messages/codec.hpp"
#include "messages/json.hpp"

#include <charconv>
#include <cmath>
#include <utility>

namespace troupe::gateway {
namespace {

/// Beyond this a JSON number written with a fraction or exponent is no exact integer any more.
constexpr double exact_integer_max = 9'007'199'254'740'992.0;

[[nodiscard]] std::string_view type_name(field_type type) {
  switch (type) {
  case field_type::integer:
    return "an integer";
  case field_type::real:
    return "a number";
  case field_type::boolean:
    return "true or false";
  case field_type::text:
    return "a text";
  }
  return "a value";
}

[[nodiscard]] error wrong_type(const field_info& field) {
  return fail(errc::malformed, "field '" + std::string{field.name} + "' must be " +
                                   std::string{type_name(field.type)});
}

template <class Number> [[nodiscard]] bool parse_number(std::string_view text, Number& to) {
  const char* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, to);
  return failed == std::errc{} && stop == end;
}

[[nodiscard]] result<value> as_integer(const field_info& field, const value& from) {
  if (from.get_if<std::int64_t>() != nullptr) return from;
  if (const auto* real = from.get_if<double>(); real != nullptr) {
    if (std::abs(*real) <= exact_integer_max && std::trunc(*real) == *real)
      return value{static_cast<std::int64_t>(*real)};
  }
  std::int64_t number = 0;
  const auto* text = from.get_if<std::string>();
  if (text != nullptr && parse_number(*text, number)) return value{number};
  return wrong_type(field);
}

[[nodiscard]] result<value> as_real(const field_info& field, const value& from) {
  if (from.get_if<double>() != nullptr) return from;
  if (const auto* integer = from.get_if<std::int64_t>(); integer != nullptr)
    return value{static_cast<double>(*integer)};
  double number = 0;
  const auto* text = from.get_if<std::string>();
  if (text != nullptr && parse_number(*text, number) && std::isfinite(number)) return value{number};
  return wrong_type(field);
}

[[nodiscard]] result<value> as_boolean(const field_info& field, const value& from) {
  if (from.get_if<bool>() != nullptr) return from;
  const auto* text = from.get_if<std::string>();
  if (text != nullptr && *text == "true") return value{true};
  if (text != nullptr && *text == "false") return value{false};
  return wrong_type(field);
}

[[nodiscard]] result<value> as_text(const field_info& field, const value& from) {
  if (from.get_if<value::array>() != nullptr || from.get_if<value::object>() != nullptr)
    return wrong_type(field);
  const auto* text = from.get_if<std::string>();
  if (text == nullptr) return value{to_json(from)};
  if (text->size() > codec_limits{}.text_bytes_max)
    return fail(errc::too_large, "field '" + std::string{field.name} + "' is over 64 KiB");
  return from;
}

} // namespace

result<value> coerced(const field_info& field, const value& from) {
  if (from.is_null()) return from;
  if (const auto* text = from.get_if<std::string>();
      text != nullptr && text->empty() && field.type != field_type::text && field.nullable)
    return value{};
  switch (field.type) {
  case field_type::integer:
    return as_integer(field, from);
  case field_type::real:
    return as_real(field, from);
  case field_type::boolean:
    return as_boolean(field, from);
  case field_type::text:
    return as_text(field, from);
  }
  return wrong_type(field);
}

result<value> from_parameter(const field_info& field, const std::string& text) {
  auto read = coerced(field, value{text});
  if (read) return read;
  return fail(read.error().code, "query parameter '" + std::string{field.name} + "' must be " +
                                     std::string{type_name(field.type)});
}

const field_info* find_field(const message_info& shape, std::string_view name) {
  for (const auto& field : shape.fields)
    if (field.name == name) return &field;
  return nullptr;
}

result<command_input> read_command(const command_info& command, const value& body,
                                   aggregate_id path_id) {
  if (body.get_if<value::object>() == nullptr)
    return fail(errc::malformed, "the body must be a JSON object");
  command_input input{{}, path_id};
  value::object fields;
  fields.reserve(command.message.fields.size());
  for (const auto& field : command.message.fields) {
    const value* given = body.find(field.name);
    auto read = given != nullptr ? coerced(field, *given) : result<value>{value{}};
    if (!read) return read.error();
    const bool names_target = field.name == command.id_from;
    if (names_target && read->is_null() && path_id.given()) *read = value{path_id.number};
    if (read->is_null()) continue;
    if (names_target) {
      const auto* number = read->get_if<std::int64_t>();
      if (number == nullptr || *number < 1)
        return fail(errc::malformed,
                    "field '" + std::string{field.name} + "' must be an id of 1 or more");
      if (path_id.given() && path_id.number != *number)
        return fail(errc::malformed,
                    "field '" + std::string{field.name} + "' is not the id of the path");
      input.target = {*number};
    }
    fields.emplace_back(std::string{field.name}, std::move(*read));
  }
  if (!command.id_from.empty() && !input.target.given())
    return fail(errc::malformed, "field '" + std::string{command.id_from} + "' is missing");
  input.payload = encode_value(value{std::move(fields)});
  return input;
}

} // namespace troupe::gateway
