#include "messages/value.hpp"

namespace troupe {

const value* value::find(std::string_view key) const {
  const auto* members = get_if<object>();
  if (members == nullptr) return nullptr;
  for (const member& each : *members)
    if (each.first == key) return &each.second;
  return nullptr;
}

value& value::operator[](std::string_view key) {
  if (is_null()) held_ = object{};
  auto& members = std::get<object>(held_);
  for (member& each : members)
    if (each.first == key) return each.second;
  return members.emplace_back(std::string{key}, value{}).second;
}

} // namespace troupe
