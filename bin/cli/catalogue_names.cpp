#include "bin/cli/command_table.hpp"
#include "messages/descriptor.hpp"

#include <array>
#include <string>
#include <utility>

namespace troupe::cli {
namespace {

using names = std::array<std::pair<std::string_view, std::string>, 10>;

std::string sample_of(const field_info& of) {
  switch (of.type) {
  case field_type::integer:
    return "1";
  case field_type::real:
    return "1.5";
  case field_type::boolean:
    return "true";
  case field_type::text:
    break;
  }
  return "text";
}

std::string sample_of(const troupe::command_info& of) {
  std::string line{of.message.name};
  for (const field_info& each : of.message.fields)
    line += ' ' + std::string{each.name} + '=' + sample_of(each);
  return line;
}

/// The first context with an exposed command that creates (or does not), and that command.
std::pair<const context_info*, const troupe::command_info*> first_with(bool creates) {
  for (const context_info& context : all_contexts())
    for (const auto& each : context.commands)
      if (each.exposed() && each.creates == creates) return {&context, &each};
  return {&all_contexts().front(), nullptr};
}

std::string sample_filter(const context_info& of) {
  for (const field_info& each : of.state.fields)
    for (const std::string_view name : of.filters)
      if (each.name == name) return std::string{name} + '=' + sample_of(each);
  return {};
}

names make_names() {
  const auto [context, create] = first_with(true);
  const auto [changed, change] = first_with(false);
  const context_info* view = context;
  for (const context_info& each : all_contexts())
    if (each.kind == context_kind::view && view == context) view = &each;
  const context_info* asking = context;
  for (const context_info& each : all_contexts())
    if (!each.asks.empty() && asking->asks.empty()) asking = &each;
  const std::string asked =
      asking->asks.empty() ? std::string{"CONTEXT"} : std::string{asking->asks.front().target};
  const std::string no_command = "COMMAND";
  return {{{"{system}", std::string{context->system}},
           {"{context}", context->full_name()},
           {"{create}", create == nullptr ? no_command : sample_of(*create)},
           {"{changed}", changed->full_name()},
           {"{change}", change == nullptr ? no_command : sample_of(*change)},
           {"{change-name}", change == nullptr ? no_command : std::string{change->message.name}},
           {"{filter}", sample_filter(*context)},
           {"{view}", view->full_name()},
           {"{asking}", asking->full_name()},
           {"{asked}", asked}}};
}

} // namespace

std::string with_names(std::string_view from) {
  static const names known = make_names();
  std::string out;
  while (!from.empty()) {
    bool filled = false;
    for (const auto& [place, name] : known) {
      if (!from.starts_with(place)) continue;
      out += name;
      from.remove_prefix(place.size());
      filled = true;
      break;
    }
    if (filled) continue;
    out += from.front();
    from.remove_prefix(1);
  }
  return out;
}

} // namespace troupe::cli
