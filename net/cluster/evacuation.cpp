#include "net/cluster/evacuation.hpp"

#include "net/cluster/assignment.hpp"

#include <algorithm>
#include <utility>

namespace troupe {

void evacuation::saw(const std::vector<vote_row>& votes, monotonic_time now) {
  std::map<vote_row, monotonic_time> seen;
  for (const vote_row& vote : votes) {
    const auto before = since_.find(vote);
    seen.emplace(vote, before == since_.end() ? now : before->second);
  }
  since_ = std::move(seen);
}

/// The group of before where it is as large: a partition heals link by link, and whoever served all
/// the time must not be left out on the way.
std::set<member_key> evacuation::kept_or(std::set<member_key> found,
                                         const std::vector<member_key>& live,
                                         const std::vector<vote_row>& standing) const {
  std::vector<member_key> before;
  for (const member_key& who : live)
    if (group_.contains(who)) before.push_back(who);
  std::set<member_key> kept = serving_group(before, standing);
  return kept.size() == before.size() && kept.size() == found.size() ? kept : found;
}

const std::set<member_key>& evacuation::judge(const std::vector<member_key>& live,
                                              monotonic_time now) {
  std::vector<vote_row> standing;
  std::vector<vote_row> given;
  for (const auto& [vote, since] : since_) {
    given.push_back(vote);
    if (now - since >= timing_.suspect_for) standing.push_back(vote);
  }
  group_ = kept_or(serving_group(live, standing), live, standing);
  // Of a member that died, one vote counts a little earlier than the next. Until then it looks as
  // if one link were broken, and the voter may be taken for the one who is cut off.
  const std::set<member_key> group_soon = serving_group(live, given);
  std::map<member_key, std::optional<monotonic_time>> outside;
  for (const member_key& who : live) {
    const auto before = outside_.find(who);
    if (!group_.contains(who)) {
      if (before != outside_.end() || !group_soon.contains(who)) outside.emplace(who, std::nullopt);
    } else if (before != outside_.end()) {
      const monotonic_time back = before->second.value_or(now);
      if (now - back < timing_.move_pause) outside.emplace(who, back);
    }
  }
  outside_ = std::move(outside);
  evacuated_.clear();
  for (const auto& [who, back] : outside_)
    evacuated_.insert(who);
  return evacuated_;
}

monotonic_time evacuation::changes_after(monotonic_time now) const {
  auto next = monotonic_time::max();
  for (const auto& [vote, since] : since_)
    if (since + timing_.suspect_for > now) next = std::min(next, since + timing_.suspect_for);
  for (const auto& [who, back] : outside_)
    if (back && *back + timing_.move_pause > now) next = std::min(next, *back + timing_.move_pause);
  return next;
}

} // namespace troupe
