#include "messages/shard_map.hpp"

namespace troupe {
namespace {

const map_owner* find(const shard_map& in, std::string_view context, shard_number shard) {
  const auto at = in.contexts.find(context);
  if (at == in.contexts.end() || shard.value >= at->second.size()) return nullptr;
  return &at->second[shard.value];
}

} // namespace

const map_member* shard_map::owner_of(std::string_view context, shard_number shard) const {
  const auto* owner = find(*this, context, shard);
  return owner != nullptr && owner->member < members.size() ? &members[owner->member] : nullptr;
}

epoch_number shard_map::epoch_of(std::string_view context, shard_number shard) const {
  const auto* owner = find(*this, context, shard);
  return owner != nullptr ? owner->epoch : epoch_number{};
}

std::uint32_t shard_map::shards_of(std::string_view context) const {
  const auto at = contexts.find(context);
  return at == contexts.end() ? 0 : static_cast<std::uint32_t>(at->second.size());
}

} // namespace troupe
