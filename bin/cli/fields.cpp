#include "bin/cli/fields.hpp"

#include "bin/cli/invocation.hpp"
#include "bin/cli/suggestion.hpp"
#include "messages/json.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace troupe::cli {
namespace {

std::vector<std::string_view> names_of(std::span<const field_info> fields) {
  std::vector<std::string_view> names;
  for (const field_info& each : fields)
    names.push_back(each.name);
  return names;
}

result<const field_info*> field_named(std::span<const field_info> fields, std::string_view name) {
  for (const field_info& each : fields)
    if (each.name == name) return &each;
  const auto names = names_of(fields);
  return fail(errc::malformed,
              "there is no field '" + std::string{name} + "'; " +
                  (names.empty() ? "it takes no fields" : suggestion(name, names)));
}

error wrong_type(const field_info& of, std::string_view given) {
  return fail(errc::malformed,
              "field '" + std::string{of.name} + "' takes " + std::string{type_name(of.type)} +
                  (of.nullable ? " or null" : "") + ", not '" + std::string{given} + "'");
}

result<void> add_field(std::span<const field_info> fields, std::string_view name, const auto& from,
                       value::object& to) {
  const auto field = field_named(fields, name);
  if (!field) return field.error();
  for (const auto& [given, unused] : to)
    if (given == name)
      return fail(errc::malformed, "field '" + std::string{name} + "' is given twice");
  auto made = coerce(**field, from);
  if (!made) return made.error();
  to.emplace_back(std::string{name}, std::move(*made));
  return {};
}

} // namespace

std::string_view type_name(field_type type) {
  switch (type) {
  case field_type::integer:
    return "a whole number";
  case field_type::real:
    return "a number";
  case field_type::boolean:
    return "true or false";
  case field_type::text:
    break;
  }
  return "a text";
}

std::variant<target, failure> parse_target(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view name = text.substr(0, slash);
  target out{find_context(name), {}};
  if (out.context == nullptr) {
    std::vector<std::string> held;
    for (const context_info& each : all_contexts())
      held.push_back(each.full_name());
    const std::vector<std::string_view> names{held.begin(), held.end()};
    failure none = failed("there is no context '" + std::string{name} + "'",
                          fail(errc::unknown_context, suggestion(name, names)));
    if (const auto near = closest(name, names); !near.empty())
      none.next =
          std::string{near} +
          (slash == std::string_view::npos ? std::string{} : std::string{text.substr(slash)});
    return none;
  }
  if (slash == std::string_view::npos) return out;
  const auto id = parse_number(text.substr(slash + 1), 1, std::numeric_limits<std::int64_t>::max());
  if (!id)
    return usage_failure("cannot read the id of '" + std::string{text} + "'", id.error().message,
                         std::string{name} + "/1");
  out.id.number = *id;
  return out;
}

std::variant<target, failure> parse_one(std::string_view text) {
  auto parsed = parse_target(text);
  if (const auto* found = std::get_if<target>(&parsed); found != nullptr && !found->id.given())
    return usage_failure("which one of " + std::string{text} + "?", "the id is missing",
                         std::string{text} + "/1, or `troupe list " + std::string{text} + "`");
  return parsed;
}

std::variant<const context_info*, failure> parse_context(std::string_view text) {
  auto parsed = parse_target(text);
  if (auto* wrong = std::get_if<failure>(&parsed)) return std::move(*wrong);
  const target& found = std::get<target>(parsed);
  if (found.id.given())
    return usage_failure("'" + std::string{text} + "' is one aggregate",
                         "this command takes a whole context", found.context->full_name());
  return found.context;
}

std::variant<const troupe::command_info*, failure> find_command(const context_info& in,
                                                                std::string_view name) {
  if (const auto* found = in.command(name)) return found;
  const std::string what = in.full_name() + " has no command '" + std::string{name} + "'";
  if (in.kind == context_kind::view)
    return failed(what, fail(errc::unknown_command, "it is a view and takes no commands"),
                  "`troupe get " + in.full_name() + "/1` or `troupe list " + in.full_name() + "`");
  std::vector<std::string_view> names;
  for (const auto& each : in.commands)
    names.push_back(each.message.name);
  const auto near = closest(name, names);
  return failed(what, fail(errc::unknown_command, suggestion(name, names)),
                "troupe send " + in.full_name() + ' ' +
                    std::string{near.empty() ? names.front() : near});
}

result<value> coerce(const field_info& to, std::string_view text) {
  if (to.type == field_type::text) return value{text};
  if (to.nullable && (text.empty() || text == "null")) return value{};
  const char* const end = text.data() + text.size();
  if (to.type == field_type::boolean) {
    if (text == "true") return value{true};
    if (text == "false") return value{false};
  } else if (to.type == field_type::integer) {
    std::int64_t number = 0;
    const auto [stop, fault] = std::from_chars(text.data(), end, number);
    if (fault == std::errc{} && stop == end) return value{number};
    if (fault == std::errc::result_out_of_range)
      return fail(errc::malformed, "field '" + std::string{to.name} + "': " + std::string{text} +
                                       " does not fit into 64 bits");
  } else {
    double number = 0;
    const auto [stop, fault] = std::from_chars(text.data(), end, number);
    if (fault == std::errc{} && stop == end && std::isfinite(number)) return value{number};
  }
  return wrong_type(to, text);
}

result<value> coerce(const field_info& to, const value& from) {
  if (from.is_null()) return to.nullable ? result<value>{from} : wrong_type(to, "null");
  if (const auto* text = from.get_if<std::string>()) return coerce(to, std::string_view{*text});
  const auto* whole = from.get_if<std::int64_t>();
  const bool fits = (to.type == field_type::integer && whole != nullptr) ||
                    (to.type == field_type::boolean && from.get_if<bool>() != nullptr) ||
                    (to.type == field_type::real && from.get_if<double>() != nullptr);
  if (fits) return from;
  if (to.type == field_type::real && whole != nullptr) return value{static_cast<double>(*whole)};
  return wrong_type(to, to_json(from));
}

result<value::object> parse_fields(std::span<const field_info> fields,
                                   std::span<const std::string> words) {
  value::object out;
  for (const std::string& each : words) {
    const std::size_t equals = each.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(errc::malformed, "'" + each + "' is not of the form field=value");
    const std::string_view word{each};
    if (auto added = add_field(fields, word.substr(0, equals), word.substr(equals + 1), out);
        !added)
      return added.error();
  }
  return out;
}

result<value::object> parse_json_fields(std::span<const field_info> fields, std::string_view text) {
  auto parsed = parse_json(text);
  if (!parsed) return parsed.error();
  const auto* members = parsed->get_if<value::object>();
  if (members == nullptr) return fail(errc::malformed, "the fields must be one JSON object");
  value::object out;
  for (const auto& [name, held] : *members)
    if (auto added = add_field(fields, name, held, out); !added) return added.error();
  return out;
}

} // namespace troupe::cli
