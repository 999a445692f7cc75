#include "net/cluster/assignment.hpp"
#include "net/cluster/membership.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace troupe {
namespace {

/// Dead members whose name has a newer generation and that nobody needs any more: so many are kept
/// for people to look at. The newest of each name always stays, or its generation could return.
constexpr std::size_t superseded_max = 10;

[[nodiscard]] std::string listed(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

[[nodiscard]] std::string counted(std::size_t shards) {
  return std::to_string(shards) + (shards == 1 ? " shard" : " shards");
}

/// "33 shards to n1, n3; 2 shards move to n4"
void note_assignment(const cluster_view& before, const std::vector<shard_row>& rows,
                     proposal& made) {
  std::size_t given = 0;
  std::size_t moving = 0;
  std::set<std::string> owners;
  std::set<std::string> targets;
  for (const shard_row& row : rows) {
    const shard_row* old = before.find_shard(row.which);
    if (row.owner.given() && (old == nullptr || old->epoch != row.epoch)) {
      ++given;
      owners.insert(row.owner.node);
    } else if (row.target.given()) {
      ++moving;
      targets.insert(row.target.node);
    }
  }
  if (given > 0) made.note(counted(given) + " to " + listed(owners));
  if (moving > 0) made.note(counted(moving) + " to move to " + listed(targets));
  if (given + moving == 0)
    made.note("moves or owners of " + counted(rows.size()) + " are given up");
}

} // namespace

void membership::propose(monotonic_time now, std::vector<membership_action>& actions) {
  const std::set<member_key>& evacuated = evacuation_.judge(live(now), now);
  if (proposed_) return;
  // The store failed, or it refuses: the same again only after a pause.
  if (proposed_version_ == view_->version && now - proposed_at_ < ask_pause()) return;
  proposal made{*view_};
  if (!registered_) {
    register_self(made);
  } else {
    change_own_state(made);
    hand_over(made, now);
    report_readiness(made);
    if (plans(now)) plan(made, now, evacuated);
  }
  if (made.empty()) return;
  proposed_ = true;
  proposed_version_ = view_->version;
  proposed_at_ = now;
  actions.emplace_back(propose_action{view_->version, made.change(), made.why()});
}

void membership::register_self(proposal& made) {
  std::uint64_t highest = 0;
  for (const member_row& member : view_->members) {
    if (member.who.node != self_.who.node) continue;
    highest = std::max(highest, member.who.generation);
    if (member.state == member_state::dead) continue;
    member_row buried = member;
    buried.state = member_state::dead;
    made.put(buried);
  }
  for (shard_row row : view_->shards) {
    const bool owned = row.owner.node == self_.who.node && row.owner.given();
    const bool on_its_way = row.target.node == self_.who.node && row.target.given();
    if (owned) row.owner = {};
    if (on_its_way) row.target = {};
    row.target_ready = row.target_ready && !on_its_way;
    row.held = false;
    if (owned || on_its_way) made.put(row);
  }
  self_.who.generation = highest + 1;
  made.put(self_);
  made.note(self_.who.node + " joins as generation " + std::to_string(self_.who.generation));
}

void membership::change_own_state(proposal& made) const {
  member_row own = *own_row();
  if (leave_ && own.state != member_state::leaving) {
    own.state = member_state::leaving;
    made.note(own.who.node + " leaves");
  } else if (ready_ && !leave_ && own.state == member_state::joining) {
    own.state = member_state::active;
    made.note(own.who.node + " is active");
  } else {
    return;
  }
  made.put(own);
}

void membership::hand_over(proposal& made, monotonic_time now) const {
  using phase = local_part::phase;
  std::set<std::string> heirs;
  std::size_t given = 0;
  std::size_t kept = 0;
  for (shard_row row : view_->shards) {
    if (row.owner != self_.who || !row.target.given()) continue;
    const local_part part = part_of(row.which);
    if (part.is == phase::closing) continue; // It will be closed soon; then it is decided.
    const bool receivable = can_receive(row.target);
    const bool patient =
        row.target_ready || now - targets_.at(row.which).since < timing_.target_patience;
    if (part.is == phase::closed && receivable) {
      row.owner = row.target;
      ++row.epoch.value;
      heirs.insert(row.target.node);
      ++given;
    } else if (!receivable || !patient) {
      row.held = false;
      ++kept;
    } else {
      continue;
    }
    row.target = {};
    row.target_ready = false;
    made.put(row);
  }
  if (given > 0)
    made.note(self_.who.node + " hands over " + counted(given) + " to " + listed(heirs));
  if (kept > 0) made.note(self_.who.node + " keeps " + counted(kept) + ": no target is ready");
}

void membership::report_readiness(proposal& made) const {
  std::size_t prepared = 0;
  for (shard_row row : view_->shards) {
    if (row.target != self_.who || row.target_ready || !part_of(row.which).prepared) continue;
    row.target_ready = true;
    made.put(row);
    ++prepared;
  }
  if (prepared > 0) made.note(self_.who.node + " is ready for " + counted(prepared));
}

void membership::plan(proposal& made, monotonic_time now,
                      const std::set<member_key>& evacuated) const {
  bury(made);
  assign(made, now, evacuated);
  forget_old(made);
}

void membership::bury(proposal& made) const {
  for (member_row member : view_->members) {
    if (member.state == member_state::dead || lives(member)) continue;
    member.state = member_state::dead;
    made.put(member);
    made.note(member.who.node + " is gone");
  }
}

void membership::assign(proposal& made, monotonic_time now,
                        const std::set<member_key>& evacuated) const {
  const cluster_view view = made.as_it_will_be();
  member_facts facts;
  for (const member_key& who : live(now))
    facts.live.insert(who);
  if (gathering(view, facts.live, now)) return;
  facts.evacuated = evacuated;
  facts.pinned = [&](const shard_ref& which) { return made.writes(which) || pinned(which, now); };
  const std::vector<shard_row> rows = plan_assignment(view, facts, timing_);
  if (rows.empty()) return;
  note_assignment(view, rows, made);
  for (const shard_row& row : rows)
    made.put(row);
}

/// The first one to plan gives the others a moment to arrive, so that shards are spread at once
/// instead of being moved soon after.
bool membership::gathering(const cluster_view& view, const std::set<member_key>& live,
                           monotonic_time now) const {
  const bool owned = std::ranges::any_of(
      view.shards, [&](const shard_row& row) { return live.contains(row.owner); });
  if (owned || now - active_since_.value_or(now) >= timing_.gather) return false;
  const auto arrived = std::ranges::count_if(view.members, [&](const member_row& member) {
    return member.state == member_state::active && live.contains(member.who);
  });
  return static_cast<std::uint64_t>(arrived) < timing_.expected_members;
}

void membership::forget_old(proposal& made) const {
  const cluster_view view = made.as_it_will_be();
  std::map<std::string, std::uint64_t> newest;
  for (const member_row& member : view.members)
    newest[member.who.node] = std::max(newest[member.who.node], member.who.generation);
  std::set<member_key> needed;
  for (const shard_row& row : view.shards)
    needed.insert({row.owner, row.target});
  std::vector<member_key> superseded;
  for (const member_row& member : view.members)
    if (member.state == member_state::dead && newest[member.who.node] != member.who.generation &&
        !needed.contains(member.who))
      superseded.push_back(member.who);
  if (superseded.size() <= superseded_max) return;
  std::ranges::sort(superseded, [](const member_key& one, const member_key& other) {
    return std::tie(one.generation, one.node) < std::tie(other.generation, other.node);
  });
  superseded.resize(superseded.size() - superseded_max);
  for (const member_key& who : superseded)
    made.forget(who);
  made.note("old generations are forgotten");
}

} // namespace troupe
