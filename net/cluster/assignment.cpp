#include "net/cluster/assignment.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace troupe {
namespace {

/// One planning: the rows as they will be, and how many shards each member will then have.
class planning {
public:
  planning(const cluster_view& view, const member_facts& facts, const cluster_timing& timing)
      : facts_(facts), moves_at_once_(timing.moves_at_once) {
    for (const member_row& member : view.members)
      if (facts.live.contains(member.who) && member.state != member_state::dead)
        members_.emplace(member.who, &member);
    for (const shard_row& row : view.shards)
      rows_.emplace(row.which, row);
    // A context's shards exist as soon as the context does; their rows come with their first owner.
    for (const context_row& context : view.contexts)
      for (std::uint32_t shard = 0; shard < context.shards; ++shard)
        rows_.try_emplace({context.name, {shard}}).first->second.which = {context.name, {shard}};
  }

  [[nodiscard]] std::vector<shard_row> changes() {
    call_off_moves();
    count();
    take_over();
    const bool complete = empty_the_leaving();
    if (changed_.empty() && complete) balance();
    std::vector<shard_row> written;
    for (const shard_ref& which : changed_)
      written.push_back(rows_.at(which));
    return written;
  }

private:
  [[nodiscard]] bool lives(const member_key& who) const { return members_.contains(who); }
  [[nodiscard]] bool active(const member_key& who) const {
    const auto at = members_.find(who);
    return at != members_.end() && at->second->state == member_state::active;
  }
  [[nodiscard]] bool evacuated(const member_key& who) const {
    return facts_.evacuated.contains(who);
  }
  [[nodiscard]] bool may_take(const member_key& who, const std::string& context) const {
    return active(who) && std::ranges::binary_search(members_.at(who)->hosts, context);
  }

  shard_row& write(const shard_ref& which) {
    changed_.insert(which);
    return rows_.at(which);
  }

  void drop_target(const shard_ref& which) {
    shard_row& row = write(which);
    row.target = {};
    row.target_ready = false;
    row.held = false; // whoever chose that target has to choose again
  }

  /// Less is emptier: by shards of the context, then by all, then by name.
  [[nodiscard]] auto fullness(const member_key& who, const std::string& context) const {
    const auto here = in_context_.find({context, who});
    const auto all = in_all_.find(who);
    return std::tuple{here == in_context_.end() ? 0U : here->second,
                      all == in_all_.end() ? 0U : all->second};
  }
  [[nodiscard]] std::uint32_t shards_of(const member_key& who, const std::string& context) const {
    return std::get<0>(fullness(who, context));
  }
  [[nodiscard]] std::uint32_t all_shards_of(const member_key& who) const {
    const auto all = in_all_.find(who);
    return all == in_all_.end() ? 0 : all->second;
  }
  void add(const member_key& who, const std::string& context) {
    ++in_context_[{context, who}];
    ++in_all_[who];
  }
  void take(const member_key& who, const std::string& context) {
    --in_context_[{context, who}];
    --in_all_[who];
  }

  [[nodiscard]] std::optional<member_key> emptiest(const std::string& context,
                                                   bool of_evacuated) const {
    std::optional<member_key> best;
    for (const auto& [who, row] : members_) {
      if (!may_take(who, context) || evacuated(who) != of_evacuated) continue;
      if (!best || fullness(who, context) < fullness(*best, context)) best = who;
    }
    return best;
  }

  void call_off_moves() {
    for (auto& [which, row] : rows_)
      if (row.target.given() && (!may_take(row.target, which.context) || row.target == row.owner))
        drop_target(which);
  }

  /// A shard that is on its way counts where it will be.
  void count() {
    for (const auto& [which, row] : rows_) {
      if (row.target.given())
        add(row.target, which.context);
      else if (lives(row.owner))
        add(row.owner, which.context);
      moves_ += row.target.given() && lives(row.owner) ? 1 : 0;
    }
  }

  void take_over() {
    for (auto& [which, row] : rows_)
      if (!lives(row.owner)) find_owner(which, row);
  }

  void find_owner(const shard_ref& which, shard_row& row) {
    // Who was to get it anyway has loaded most of it already.
    if (row.target.given() && !evacuated(row.target)) {
      give(which, row.target);
      return;
    }
    if (row.target.given()) take(row.target, which.context);
    auto heir = emptiest(which.context, false);
    if (!heir) heir = emptiest(which.context, true);
    if (heir) {
      add(*heir, which.context);
      give(which, *heir);
    } else if (row.owner.given()) {
      write(which).owner = {};
    }
  }

  void give(const shard_ref& which, const member_key& heir) {
    shard_row& row = write(which);
    row.owner = heir;
    ++row.epoch.value;
    drop_target(which);
  }

  void move(const shard_ref& which, const member_key& to) {
    shard_row& row = write(which);
    take(row.owner, which.context);
    add(to, which.context);
    row.target = to;
    row.target_ready = false;
    row.held = false;
    ++moves_;
  }

  /// Of leaving and of evacuated owners. False if some of their shards have to wait.
  [[nodiscard]] bool empty_the_leaving() {
    bool complete = true;
    for (const auto& [which, row] : rows_) {
      if (!lives(row.owner) || row.target.given()) continue;
      const bool leaving = members_.at(row.owner)->state == member_state::leaving;
      if (!leaving && !evacuated(row.owner)) continue;
      auto to = emptiest(which.context, false);
      if (!to && leaving) to = emptiest(which.context, true);
      if (!to) continue;
      if (moves_ < moves_at_once_ && (leaving || !facts_.pinned(which)))
        move(which, *to);
      else
        complete = false;
    }
    return complete;
  }

  void balance() {
    while (moves_ < moves_at_once_ && move_for_balance()) {
    }
  }

  struct balancing_move {
    shard_ref which;
    member_key to;
  };

  /// Contexts first; all shards together second, by moves that leave the contexts as even as they
  /// are. Each move makes the squares' sum smaller, so this ends.
  [[nodiscard]] bool move_for_balance() {
    std::optional<balancing_move> best;
    std::tuple<std::uint32_t, std::uint32_t> gain_of_best{0, 0};
    for (const auto& [which, row] : rows_) {
      if (!lives(row.owner) || row.target.given() || evacuated(row.owner)) continue;
      if (!active(row.owner) || row.held || facts_.pinned(which)) continue;
      const auto to = emptiest(which.context, false);
      if (!to || *to == row.owner) continue;
      const auto gain = gain_of(which, row.owner, *to);
      if (gain <= gain_of_best) continue;
      best = {which, *to};
      gain_of_best = gain;
    }
    if (!best) return false;
    move(best->which, best->to);
    return true;
  }

  [[nodiscard]] std::tuple<std::uint32_t, std::uint32_t>
  gain_of(const shard_ref& which, const member_key& from, const member_key& to) const {
    const auto here_from = shards_of(from, which.context);
    const auto here_to = shards_of(to, which.context);
    const auto all_from = all_shards_of(from);
    const auto all_to = all_shards_of(to);
    const auto all = all_from >= all_to + 2 ? all_from - all_to : 0;
    if (here_from >= here_to + 2) return {here_from - here_to, all};
    if (here_from == here_to + 1 && all > 0) return {0, all};
    return {0, 0};
  }

  const member_facts& facts_;
  std::uint32_t moves_at_once_;
  std::map<member_key, const member_row*> members_; ///< those that live
  std::map<shard_ref, shard_row> rows_;
  std::set<shard_ref> changed_;
  std::map<std::pair<std::string, member_key>, std::uint32_t> in_context_;
  std::map<member_key, std::uint32_t> in_all_;
  std::uint32_t moves_ = 0;
};

using member_set = std::uint64_t; ///< bit i: the i-th member
constexpr std::size_t members_max = 64;

[[nodiscard]] member_set only(std::size_t member) {
  return member_set{1} << member;
}
[[nodiscard]] std::size_t lowest(member_set of) {
  return static_cast<std::size_t>(std::countr_zero(of));
}

/// Members of one part of the graph of cut links; finds the largest group without a cut in it.
class group_search {
public:
  explicit group_search(const std::vector<member_set>& cut) : cut_(cut) {}

  /// Whoever can be in is tried before it is left out, lowest name first, and only a larger group
  /// replaces the best one: so of equally large ones the one with the lowest names stays.
  void search(member_set chosen, member_set candidates) {
    while (candidates != 0) {
      if (std::popcount(chosen) + at_most(candidates) <= std::popcount(best_)) return;
      const std::size_t first = lowest(candidates);
      candidates &= ~only(first);
      search(chosen | only(first), candidates & ~cut_[first]);
    }
    if (std::popcount(chosen) > std::popcount(best_)) best_ = chosen;
  }
  [[nodiscard]] member_set best() const { return best_; }

private:
  /// Of members who are all cut off from each other a group has one at most.
  [[nodiscard]] int at_most(member_set candidates) const {
    int classes = 0;
    for (; candidates != 0; ++classes)
      for (member_set same = candidates; same != 0;) {
        const std::size_t next = lowest(same);
        candidates &= ~only(next);
        same &= cut_[next];
      }
    return classes;
  }

  const std::vector<member_set>& cut_;
  member_set best_ = 0;
};

/// `start` and everybody reachable from it over cut links.
[[nodiscard]] member_set part_around(std::size_t start, const std::vector<member_set>& cut) {
  member_set part = only(start);
  for (member_set open = part; open != 0;) {
    const std::size_t next = lowest(open);
    open = (open | (cut[next] & ~part)) & ~only(next);
    part |= cut[next];
  }
  return part;
}

} // namespace

std::vector<shard_row> plan_assignment(const cluster_view& view, const member_facts& facts,
                                       const cluster_timing& timing) {
  return planning{view, facts, timing}.changes();
}

std::set<member_key> serving_group(const std::vector<member_key>& members,
                                   const std::vector<vote_row>& votes) {
  const std::size_t count = std::min(members.size(), members_max);
  std::map<member_key, std::size_t> places;
  for (std::size_t place = 0; place < count; ++place)
    places.emplace(members[place], place);
  std::vector<member_set> cut(count, 0);
  for (const vote_row& vote : votes) {
    const auto one = places.find(vote.voter);
    const auto other = places.find(vote.target);
    if (one == places.end() || other == places.end() || one == other) continue;
    cut[one->second] |= only(other->second);
    cut[other->second] |= only(one->second);
  }
  // Parts that no cut link joins do not restrict each other; most members are a part of their own.
  std::set<member_key> group;
  member_set placed = 0;
  for (std::size_t place = 0; place < count; ++place) {
    if ((placed & only(place)) != 0) continue;
    const member_set part = part_around(place, cut);
    placed |= part;
    group_search search{cut};
    search.search(0, part);
    for (member_set chosen = search.best(); chosen != 0; chosen &= chosen - 1)
      group.insert(members[lowest(chosen)]);
  }
  return group;
}

} // namespace troupe
