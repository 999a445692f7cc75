#include "persistence/list_plan.hpp"

#include <algorithm>
#include <cmath>

namespace troupe {

namespace {

const char* name_of(field_type type) {
  switch (type) {
  case field_type::integer:
    return "a whole number";
  case field_type::real:
    return "a number";
  case field_type::boolean:
    return "true or false";
  case field_type::text:
    return "a text";
  }
  return "";
}

const field_info* find_field(const context_info& info, std::string_view name) {
  const auto found = std::find_if(info.state.fields.begin(), info.state.fields.end(),
                                  [&](const field_info& each) { return each.name == name; });
  return found == info.state.fields.end() ? nullptr : &*found;
}

error no_such_field(const context_info& info, std::string_view name) {
  return fail(errc::internal, "context " + info.full_name() + " lists by '" + std::string{name} +
                                  "', which is no field of its state");
}

error unknown_field(std::span<const column> columns, std::string_view key_name,
                    std::string_view asked) {
  std::string allowed{key_name};
  for (const column& each : columns)
    if (each.listed) allowed += ", " + each.name;
  return fail(errc::malformed, "lists cannot filter or sort by '" + std::string{asked} +
                                   "'; possible are: " + allowed);
}

/// Position of a column that lists may use.
std::optional<std::size_t> find_listed(std::span<const column> columns, std::string_view name) {
  const auto found = find_column(columns, name);
  return found && columns[*found].listed ? found : std::nullopt;
}

} // namespace

result<std::vector<column>> derived_columns(const context_info& info) {
  std::vector<column> columns;
  for (const std::string_view name : info.filters) {
    const field_info* const field = find_field(info, name);
    if (field == nullptr) return no_such_field(info, name);
    if (!find_column(columns, name)) columns.push_back({std::string{name}, field->type, true});
  }
  return columns;
}

result<std::vector<column>> view_columns(const context_info& info) {
  std::vector<column> columns;
  for (const field_info& each : info.state.fields)
    if (each.name != info.view.key) columns.push_back({std::string{each.name}, each.type, false});
  for (const auto& names : {info.filters, info.view.indexes}) {
    for (const std::string_view name : names) {
      if (name == info.view.key) continue; // the key needs no index of its own
      const auto found = find_column(columns, name);
      if (!found) return no_such_field(info, name);
      columns[*found].listed = true;
    }
  }
  return columns;
}

std::optional<std::size_t> find_column(std::span<const column> columns, std::string_view name) {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].name == name) return i;
  return std::nullopt;
}

result<value> fit(const column& to, const value& from) {
  if (from.is_null()) return from;
  switch (to.type) {
  case field_type::integer:
    if (from.get_if<std::int64_t>() != nullptr) return from;
    break;
  case field_type::real:
    if (const auto* whole = from.get_if<std::int64_t>()) return value{static_cast<double>(*whole)};
    if (const auto* real = from.get_if<double>()) return std::isnan(*real) ? value{} : from;
    break;
  case field_type::boolean:
    if (from.get_if<bool>() != nullptr) return from;
    break;
  case field_type::text:
    if (from.get_if<std::string>() != nullptr) return from;
    break;
  }
  return fail(errc::malformed, "'" + to.name + "' must be " + name_of(to.type));
}

bool comes_before(const value& left, const value& right) {
  if (left.is_null() || right.is_null()) return left.is_null() && !right.is_null();
  if (const auto* whole = left.get_if<std::int64_t>())
    return *whole < *right.get_if<std::int64_t>();
  if (const auto* real = left.get_if<double>()) return *real < *right.get_if<double>();
  if (const auto* truth = left.get_if<bool>()) return !*truth && *right.get_if<bool>();
  return *left.get_if<std::string>() < *right.get_if<std::string>();
}

bool reads_in_order(const list_plan& plan, std::uint64_t matches, std::uint64_t rows) {
  return plan.sort_column && !plan.matches.empty() && matches >= rows / 4;
}

result<list_plan> plan_list(std::span<const column> columns, std::string_view key_name,
                            const list_request& wanted) {
  if (wanted.limit > list_limit_max)
    return fail(errc::malformed, "a page has at most " + std::to_string(list_limit_max) + " rows");
  list_plan plan;
  plan.descending = wanted.descending;
  plan.skip = wanted.skip;
  plan.limit = wanted.limit;
  for (const auto& [name, matched] : wanted.filter) {
    if (name == key_name) {
      const auto* const key = matched.get_if<std::int64_t>();
      if (key == nullptr || (plan.key && plan.key != *key))
        return fail(errc::malformed, "'" + name + "' must be one whole number");
      plan.key = *key;
      continue;
    }
    const auto found = find_listed(columns, name);
    if (!found) return unknown_field(columns, key_name, name);
    auto fitting = fit(columns[*found], matched);
    if (!fitting) return fitting.error();
    plan.matches.push_back({*found, std::move(fitting).value()});
  }
  if (!wanted.sort.empty() && wanted.sort != key_name) {
    plan.sort_column = find_listed(columns, wanted.sort);
    if (!plan.sort_column) return unknown_field(columns, key_name, wanted.sort);
  }
  if (wanted.after.given()) {
    if (plan.sort_column || plan.descending)
      return fail(errc::malformed, "'after' goes with the ascending order of ids only");
    plan.after = wanted.after.number;
  }
  const auto is_sorted = [&](const list_plan::match& each) {
    return each.column == plan.sort_column;
  };
  if (std::any_of(plan.matches.begin(), plan.matches.end(), is_sorted))
    plan.sort_column.reset(); // all rows have one value there
  return plan;
}

} // namespace troupe
