#include "net/cluster/shard_map_of.hpp"

#include <cstdint>
#include <map>

namespace troupe {

shard_map shard_map_of(const cluster_view& view, const std::set<member_key>& live) {
  shard_map map;
  map.version = view.version;
  std::map<member_key, std::uint32_t> places;
  for (const member_row& member : view.members) {
    if (member.state == member_state::dead || !live.contains(member.who)) continue;
    places.emplace(member.who, static_cast<std::uint32_t>(map.members.size()));
    map.members.push_back({.node = member.who.node,
                           .generation = member.who.generation,
                           .endpoint = member.endpoint,
                           .build = member.build,
                           .state = std::string{name_of(member.state)}});
  }
  for (const context_row& context : view.contexts)
    map.contexts[context.name].resize(context.shards);
  for (const shard_row& row : view.shards) {
    const auto context = map.contexts.find(row.which.context);
    if (context == map.contexts.end() || row.which.shard.value >= context->second.size()) continue;
    map_owner& owner = context->second[row.which.shard.value];
    owner.epoch = row.epoch;
    if (const auto place = places.find(row.owner); place != places.end())
      owner.member = place->second;
  }
  return map;
}

} // namespace troupe
