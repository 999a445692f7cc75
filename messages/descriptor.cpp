#include "messages/descriptor.hpp"

#include <algorithm>

namespace troupe {

std::vector<std::string_view> context_info::shown_filters() const {
  std::vector<std::string_view> shown;
  for (const std::string_view filter : filters) {
    const auto field = std::find_if(state.fields.begin(), state.fields.end(),
                                    [&](const field_info& each) { return each.name == filter; });
    if (field == state.fields.end() || !field->hidden) shown.push_back(filter);
  }
  return shown;
}

const command_info* context_info::command(std::string_view wanted) const {
  const auto at = std::find_if(commands.begin(), commands.end(),
                               [&](const auto& each) { return each.message.name == wanted; });
  return at == commands.end() ? nullptr : &*at;
}

const query_info* context_info::query(std::string_view wanted) const {
  const auto at = std::find_if(queries.begin(), queries.end(),
                               [&](const auto& each) { return each.name == wanted; });
  return at == queries.end() ? nullptr : &*at;
}

const event_info* context_info::event(std::string_view wanted) const {
  const auto at = std::find_if(events.begin(), events.end(),
                               [&](const auto& each) { return each.message.name == wanted; });
  return at == events.end() ? nullptr : &*at;
}

const ask_info* context_info::ask(std::string_view target, std::string_view wanted) const {
  const auto at = std::find_if(asks.begin(), asks.end(), [&](const auto& each) {
    return each.target == target && each.command == wanted;
  });
  return at == asks.end() ? nullptr : &*at;
}

} // namespace troupe
