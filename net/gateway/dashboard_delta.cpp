#include "net/gateway/dashboard_delta.hpp"

#include <algorithm>
#include <utility>

namespace troupe::gateway {
namespace {

/// Two pictures mostly have their members in the same order, so the place is tried first.
[[nodiscard]] const value* member(const value::object& in, std::size_t place,
                                  const std::string& name) {
  if (place < in.size() && in[place].first == name) return &in[place].second;
  const auto found = std::find_if(in.begin(), in.end(),
                                  [&](const value::member& each) { return each.first == name; });
  return found == in.end() ? nullptr : &found->second;
}

} // namespace

std::optional<value> merge_patch(const value& from, const value& to) {
  const auto* before = from.get_if<value::object>();
  const auto* after = to.get_if<value::object>();
  if (before == nullptr || after == nullptr) {
    if (from == to) return {};
    return to;
  }
  value::object patch;
  for (std::size_t i = 0; i < after->size(); ++i) {
    const auto& [name, now] = (*after)[i];
    const value* was = member(*before, i, name);
    if (was == nullptr) {
      if (!now.is_null()) patch.emplace_back(name, now);
    } else if (auto inner = merge_patch(*was, now)) {
      patch.emplace_back(name, std::move(*inner));
    }
  }
  for (std::size_t i = 0; i < before->size(); ++i) {
    const auto& [name, was] = (*before)[i];
    if (!was.is_null() && member(*after, i, name) == nullptr) patch.emplace_back(name, value{});
  }
  if (patch.empty()) return {};
  return value{std::move(patch)};
}

void apply_patch(value& onto, const value& patch) {
  const auto* changes = patch.get_if<value::object>();
  if (changes == nullptr) {
    onto = patch;
    return;
  }
  if (onto.get_if<value::object>() == nullptr) onto = value::object{};
  for (const auto& [name, now] : *changes) {
    auto& members = *onto.get_if<value::object>();
    if (now.is_null())
      std::erase_if(members, [&](const value::member& each) { return each.first == name; });
    else
      apply_patch(onto[name], now);
  }
}

} // namespace troupe::gateway
