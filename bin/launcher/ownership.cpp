#include "bin/launcher/ownership.hpp"

#include <algorithm>

namespace troupe::cli {
namespace {

bool can_own(const cluster_view& view, const member_key& who) {
  const auto member = std::find_if(view.members.begin(), view.members.end(),
                                   [&](const member_row& each) { return each.who == who; });
  if (member == view.members.end() || member->state == member_state::dead) return false;
  return std::none_of(view.leases.begin(), view.leases.end(),
                      [&](const lease_row& each) { return each.who == who && each.ended; });
}

} // namespace

ownership ownership_of(const cluster_view& view) {
  ownership found;
  for (const member_row& each : view.members) {
    standing& of = found.nodes[each.who.node];
    if (each.who.generation >= of.member.who.generation) of.member = each;
  }
  for (const shard_row& each : view.shards) {
    ++found.shards;
    if (each.target.given()) {
      ++found.moving;
      ++found.nodes[each.target.node].takes;
    }
    if (!each.owner.given() || !can_own(view, each.owner)) {
      ++found.without_owner;
      continue;
    }
    standing& owner = found.nodes[each.owner.node];
    ++owner.owns;
    if (each.target.given()) ++owner.gives;
  }
  // A context is known before its shards are dealt out for the first time.
  for (const context_row& context : view.contexts) {
    const auto rows =
        std::count_if(view.shards.begin(), view.shards.end(),
                      [&](const shard_row& each) { return each.which.context == context.name; });
    if (rows >= context.shards) continue;
    const auto missing = context.shards - static_cast<std::uint32_t>(rows);
    found.shards += missing;
    found.without_owner += missing;
  }
  return found;
}

std::optional<member_key> living_member(const cluster_view& view, std::string_view node) {
  std::optional<member_key> newest;
  for (const member_row& each : view.members)
    if (each.who.node == node && each.state != member_state::dead &&
        (!newest || newest->generation < each.who.generation))
      newest = each.who;
  return newest;
}

bool has_lease_store(const std::filesystem::path& directory) {
  std::error_code fault;
  return std::filesystem::exists(directory / "cluster.db", fault);
}

} // namespace troupe::cli
