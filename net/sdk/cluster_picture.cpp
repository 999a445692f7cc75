#include "net/sdk/cluster_picture.hpp"

#include <algorithm>

namespace troupe {

namespace {

const served_context* find(const std::vector<served_context>& in, std::string_view name) {
  const auto found = std::ranges::find(in, name, &served_context::name);
  return found == in.end() ? nullptr : &*found;
}

/// Of a context that the map knows: what its owners say; whether it is a view, anybody may.
served_context merged(const std::string& name, const std::vector<map_owner>& owners,
                      const contexts_of_members& said) {
  served_context to{name, static_cast<std::uint32_t>(owners.size()), false, true};
  for (std::uint32_t i = 0; i < said.size(); ++i) {
    const auto* told = said[i] ? find(*said[i], name) : nullptr;
    to.view = to.view || (told != nullptr && told->view);
    if (std::ranges::find(owners, i, &map_owner::member) == owners.end()) continue;
    to.up = to.up && told != nullptr && told->up;
    if (told != nullptr && to.waiting.empty()) to.waiting = told->waiting;
  }
  const bool all_owned = std::ranges::all_of(
      owners, [&said](const map_owner& owner) { return owner.member < said.size(); });
  to.up = to.up && all_owned;
  return to;
}

} // namespace

std::uint32_t shards_of(std::string_view context, const shard_map& map,
                        const std::vector<served_context>& contexts) {
  if (const auto owned = map.shards_of(context)) return owned;
  const auto* known = find(contexts, context);
  return known == nullptr ? 0 : known->shards;
}

std::vector<served_context> merge_contexts(const shard_map& map, const contexts_of_members& said) {
  std::vector<served_context> all;
  for (const auto& [name, owners] : map.contexts)
    if (!owners.empty()) all.push_back(merged(name, owners, said));
  for (const auto& contexts : said) {
    if (!contexts) continue;
    for (const auto& each : *contexts)
      if (find(all, each.name) == nullptr) all.push_back(each);
  }
  return all;
}

} // namespace troupe
