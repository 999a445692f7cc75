#include "net/sdk/router.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds refresh_first{20};
constexpr milliseconds refresh_most{500};
constexpr milliseconds refresh_quiet{1000};  // after it the backoff starts anew
constexpr milliseconds refresh_answer{3000}; // a link that owes an answer longer may be asked again

bool is_endpoint(std::string_view text) {
  return text.starts_with("tcp://") || text.starts_with("ipc://");
}

/// Null if the map does not tell of it.
const map_member* find_node(const std::vector<map_member>& in, std::string_view node) {
  const auto found = std::ranges::find(in, node, &map_member::node);
  return found == in.end() ? nullptr : &*found;
}

} // namespace

link_number router::intern(const std::string& endpoint, bool admin) {
  if (!is_endpoint(endpoint)) return home_link;
  link_number unused = home_link;
  for (link_number n = 1; n < ends_.size(); ++n) {
    if (ends_[n].endpoint == endpoint && ends_[n].admin == admin) return n;
    if (ends_[n].endpoint.empty() && unused == home_link) unused = n;
  }
  if (unused == home_link) {
    if (ends_.size() > endpoints_max) return home_link;
    unused = static_cast<link_number>(ends_.size());
    ends_.emplace_back();
  }
  ends_[unused] = {};
  ends_[unused].endpoint = endpoint;
  ends_[unused].admin = admin;
  changed_ = true;
  return unused;
}

link_number router::link_of(link_number at) const {
  if (at == home_link) return no_link;
  return at == home_at_ ? home_link : at;
}

void router::take_hello(link_number from, const hello_reply& said, monotonic_time now) {
  ends_[from].asked = false;
  const bool newer = said.cluster.version > version_;
  if (newer) {
    take_map(said.cluster);
    refreshes_ = 0;
    refresh_at_ = std::min<monotonic_time>(refresh_at_, now + refresh_first);
  }
  if (from == home_link) find_home(said);
  // An old map answers the question too; who still needs a newer one wants it again.
  refresh_wanted_ = false;
}

void router::take_map(const shard_map& map) {
  version_ = map.version;
  members_ = map.members;
  changed_ = true;
  for (auto& each : ends_)
    each.member = false;
  std::vector<link_number> at(map.members.size());
  for (std::size_t i = 0; i < at.size(); ++i) {
    at[i] = intern(map.members[i].endpoint);
    ends_[at[i]].member = at[i] != home_link;
  }
  for (const auto& [name, owners] : map.contexts) {
    const auto known =
        context_numbers_.try_emplace(name, static_cast<std::uint32_t>(context_numbers_.size()));
    if (known.second) contexts_.emplace_back();
    auto& shards = contexts_[known.first->second];
    if (shards.size() < owners.size()) shards.resize(owners.size());
    for (std::size_t i = 0; i < owners.size(); ++i) {
      owner& to = shards[i];
      if (owners[i].epoch.value < to.epoch) continue; // a redirect told of a newer ownership
      to.epoch = owners[i].epoch.value;
      to.newest = std::max(to.newest, to.epoch);
      to.at = owners[i].member < at.size() ? at[owners[i].member] : home_link;
    }
  }
  check_home(map);
}

/// Finds out which member answers on the home link, so that there is one link to it, not two. Its
/// own map says which life of the node it is: a stale process must not stand for its successor.
void router::find_home(const hello_reply& said) {
  const auto* self = find_node(said.cluster.members, said.node);
  const auto* now = find_node(members_, said.node);
  link_number found = home_link;
  if (self != nullptr && now != nullptr && self->generation == now->generation)
    found = intern(now->endpoint);
  if (found == home_at_ || (found != home_link && ends_[found].up)) return;
  home_at_ = found;
  home_member_ = now != nullptr ? *now : map_member{};
  changed_ = true;
}

void router::check_home(const shard_map& map) {
  if (home_at_ == home_link) return;
  const auto* still = find_node(map.members, home_member_.node);
  if (still != nullptr && still->generation == home_member_.generation &&
      still->endpoint == home_member_.endpoint)
    return;
  home_at_ = home_link;
}

void router::link_up(link_number which) {
  ends_[which].up = true;
  // Both found the node at the same time: the home link stands for no link that is up itself.
  if (which == home_at_) home_at_ = home_link;
  changed_ = true;
}

void router::link_down(link_number which) {
  ends_[which].up = false;
  ends_[which].asked = false;
  if (which == home_link) home_at_ = home_link;
  changed_ = true;
}

route_key router::key_of(std::string_view context, std::uint32_t shard) const {
  const auto known = context_numbers_.find(context);
  if (known == context_numbers_.end() || shard >= contexts_[known->second].size()) return {};
  return {known->second, shard};
}

route_key router::key_of(const request& from, std::uint32_t shard) const {
  if (shard != no_shard) return key_of(from.context, shard);
  const auto known = context_numbers_.find(from.context);
  if (known == context_numbers_.end()) return {};
  const auto shards = static_cast<std::uint32_t>(contexts_[known->second].size());
  if (shards == 0) return {};
  if (from.target.given()) return {known->second, shard_of(from.target, shards).value};
  if (from.kind != request_kind::command) return {};
  return {known->second, shard_of(from.command, shards).value};
}

route router::where(route_key which) const {
  const owner& known = contexts_[which.context][which.shard];
  return {link_of(known.at), known.epoch};
}

link_number router::any() const {
  if (ends_[home_link].up) return home_link;
  const auto up = std::ranges::find_if(ends_, &end::serves);
  return up == ends_.end() ? home_link : static_cast<link_number>(up - ends_.begin());
}

void router::moved(route_key which, const moved_place& to) {
  if (!which.known()) return;
  owner& known = at(which);
  if (to.epoch <= known.epoch) return;
  if (!to.endpoint.empty() && !is_endpoint(to.endpoint)) return;
  known.epoch = to.epoch;
  known.newest = std::max(known.newest, to.epoch);
  known.at = to.endpoint.empty() ? home_link : intern(to.endpoint);
  changed_ = true;
}

bool router::is_current(route_key which, epoch_number answered) {
  if (!which.known() || answered.value == 0) return true; // views have no epochs
  owner& known = at(which);
  if (answered.value < known.newest) return false;
  known.newest = answered.value;
  return true;
}

void router::want_refresh(monotonic_time now) {
  if (refresh_wanted_) return;
  refresh_wanted_ = true;
  if (now >= refresh_at_ + refresh_quiet) refreshes_ = 0;
}

std::optional<link_number> router::refresh_due(monotonic_time now) {
  if (!refresh_wanted_ || now < refresh_at_) return std::nullopt;
  const auto count = links();
  for (link_number i = 1; i <= count; ++i) {
    // In turn, because one node may be the one that is behind.
    const link_number n = (last_asked_ + i) % count;
    auto& asked = ends_[n];
    if (!asked.serves() || (asked.asked && now < asked.asked_at + refresh_answer)) continue;
    asked.asked = true;
    asked.asked_at = now;
    last_asked_ = n;
    constexpr std::uint32_t doublings_max = 10; // past `refresh_most`
    const auto grown = refresh_first * (1LL << std::min(refreshes_++, doublings_max));
    const std::chrono::microseconds wait = std::min<milliseconds>(grown, refresh_most);
    refresh_at_ = now + wait +
                  std::chrono::microseconds{static_cast<std::int64_t>(
                      random_.unit() * static_cast<double>(wait.count()) / 2)};
    return n;
  }
  return std::nullopt;
}

std::optional<monotonic_time> router::next_refresh() const {
  if (!refresh_wanted_) return std::nullopt;
  std::optional<monotonic_time> first;
  for (const auto& each : ends_) {
    if (!each.serves()) continue;
    const auto free_at =
        each.asked ? std::max(refresh_at_, each.asked_at + refresh_answer) : refresh_at_;
    if (!first || free_at < *first) first = free_at;
  }
  return first;
}

bool router::take_changed() {
  return std::exchange(changed_, false);
}

bool router::wants(link_number which) const {
  return which == home_link || (!ends_[which].endpoint.empty() && which != home_at_);
}

bool router::home_may_rest() const {
  if (!clustered() || ends_[home_link].up) return false;
  return std::ranges::any_of(ends_, &end::serves);
}

bool router::is_left_over(link_number which) const {
  const auto& asked = ends_[which];
  if (which == home_link || asked.endpoint.empty() || asked.member) return false;
  return std::ranges::none_of(contexts_, [which](const auto& shards) {
    return std::ranges::find(shards, which, &owner::at) != shards.end();
  });
}

void router::give_up(link_number which) {
  ends_[which] = {};
  if (home_at_ == which) home_at_ = home_link;
  changed_ = true;
}

} // namespace troupe
