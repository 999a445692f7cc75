#include "net/cluster/shard_wish.hpp"

#include <algorithm>

namespace troupe {
namespace {

error refusal(const char* reason, std::string message) {
  return {errc::rejected, reason, std::move(message)};
}

/// The member of that name whose lease stands; null: there is none.
const member_row* find_live(const cluster_view& view, const std::vector<member_key>& live,
                            const std::string& node) {
  for (const member_key& who : live)
    if (who.node == node) return view.find(who);
  return nullptr;
}

std::string names_of(const std::vector<member_key>& members) {
  std::string names;
  for (const member_key& who : members)
    names += (names.empty() ? "" : ", ") + who.node;
  return names;
}

} // namespace

result<shard_row> wished_row(const cluster_view& view, const std::vector<member_key>& live,
                             const shard_ref& which, const std::string& to) {
  const auto* context = view.find_context(which.context);
  if (context == nullptr)
    return fail(errc::unknown_context, "there is no context '" + which.context + "'");
  const auto name = which.context + "/" + std::to_string(which.shard.value);
  if (which.shard.value >= context->shards)
    return fail(errc::malformed,
                which.context + " has the shards 0 to " + std::to_string(context->shards - 1));
  const auto* row = view.find_shard(which);
  if (row == nullptr || !row->owner.given())
    return fail(errc::context_down, "nobody owns " + name + " at the moment");
  shard_row wanted = *row;
  if (to == any_node) {
    wanted.held = false;
    return wanted;
  }
  const auto* member = find_live(view, live, to);
  if (member == nullptr)
    return fail(errc::not_found, "there is no node '" + to + "'; there are: " + names_of(live));
  if (live.size() < 2) return refusal("ALONE", to + " is the only node");
  if (row->owner == member->who && !row->target.given())
    return refusal("ALREADY_THERE", name + " is at " + to + " already");
  if (row->target == member->who) return refusal("MOVING", name + " is on its way to " + to);
  if (row->target.given())
    return refusal("MOVING",
                   name + " is on its way to " + row->target.node + "; wait until it is there");
  if (member->state != member_state::active)
    return refusal("NOT_ACTIVE", to + " is " + std::string{name_of(member->state)} +
                                     "; only an active node takes shards");
  if (!std::ranges::binary_search(member->hosts, which.context))
    return refusal("NOT_HOSTED", to + " does not run " + which.context);
  wanted.target = member->who;
  wanted.target_ready = false;
  wanted.held = true;
  return wanted;
}

} // namespace troupe
