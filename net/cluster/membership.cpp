#include "net/cluster/membership.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace troupe {

membership::membership(member_row self, cluster_timing timing)
    : self_(std::move(self)), timing_(timing), watch_(timing), evacuation_(timing) {
  self_.who.generation = 0;
  self_.state = member_state::joining;
  std::ranges::sort(self_.hosts);
}

// -- facts ----------------------------------------------------------------------------------------

void membership::saw(const cluster_view& view, monotonic_time now) {
  if (view_ && view.version < view_->version) return;
  now_ = std::max(now_, now);
  watch_.saw(view, now);
  evacuation_.saw(view.votes, now);
  saw_shards(view, now);
  saw_self(view, now);
  std::erase_if(links_, [&view](const auto& link) {
    const member_row* member = view.find(link.first);
    return member != nullptr && member->state == member_state::dead;
  });
  view_ = view;
  proposed_ = false;
}

void membership::saw_self(const cluster_view& view, monotonic_time now) {
  if (!self_.who.given()) return;
  const member_row* own = view.find(self_.who);
  if (own == nullptr && !registered_) return;
  if (!registered_) {
    registered_ = true;
    lease_began_ = now;
  }
  const lease_row* lease = view.find_lease(self_.who);
  const bool newer = std::ranges::any_of(view.members, [this](const member_row& row) {
    return row.who.node == self_.who.node && row.who.generation > self_.who.generation;
  });
  if (newer)
    ended_ = "a newer generation of this node has registered";
  else if (own == nullptr || own->state == member_state::dead)
    ended_ = "the cluster counts this generation of the node as dead";
  else if (lease != nullptr && lease->ended)
    ended_ = "somebody ended the lease of this node";
  if (own != nullptr && own->state == member_state::active && !active_since_) active_since_ = now;
}

void membership::saw_shards(const cluster_view& view, monotonic_time now) {
  const bool first = !view_;
  std::map<shard_ref, target_sight> targets;
  for (const shard_row& row : view.shards) {
    // A first owner is no move: nothing was torn away from anybody.
    const bool moved_once = row.epoch.value > 1;
    auto [sight, fresh] = owners_.try_emplace(row.which, owner_sight{row.epoch, std::nullopt});
    if (fresh ? moved_once && (!first || row.owner.given())
              : moved_once && sight->second.epoch != row.epoch)
      sight->second.moved = now;
    sight->second.epoch = row.epoch;
    if (!row.target.given()) continue;
    const auto before = targets_.find(row.which);
    const bool same = before != targets_.end() && before->second.target == row.target;
    targets.emplace(row.which, target_sight{row.target, same ? before->second.since : now});
  }
  targets_ = std::move(targets);
}

void membership::renewed(monotonic_time began) {
  if (!renewal_ || began > *renewal_) renewal_ = began;
}

/// A renewal counts only if the lease had not ended by the time its success is known: else it may
/// have reached the store after others had read that the lease was over.
void membership::count_renewal(monotonic_time now) {
  end_if_lease_is_over(now);
  if (ended_ || !renewal_) return;
  renewed_ = renewal_;
  lease_began_ = std::max(lease_began_, *renewal_);
  renewal_.reset();
}

void membership::refused() {
  if (!ended_) ended_ = "the lease store refused to renew the lease of this node";
}

void membership::part_is(const shard_ref& which, const local_part& how) {
  if (how == local_part{})
    parts_.erase(which);
  else
    parts_[which] = how;
}

void membership::link_is(const member_key& to, bool up, monotonic_time now) {
  now_ = std::max(now_, now);
  links_[to] = up;
}

void membership::ready() {
  ready_ = true;
}

void membership::leave() {
  leave_ = true;
}

void membership::end_if_lease_is_over(monotonic_time now) {
  if (!ended_ && registered_ && now - lease_began_ >= timing_.lease)
    ended_ = "the lease of this node is over: it was not renewed for " +
             std::to_string(timing_.lease.count()) + " ms";
}

// -- what is known --------------------------------------------------------------------------------

const member_row* membership::own_row() const {
  return view_ && registered_ ? view_->find(self_.who) : nullptr;
}

bool membership::active() const {
  const member_row* own = own_row();
  return own != nullptr && own->state == member_state::active;
}

local_part membership::part_of(const shard_ref& which) const {
  const auto at = parts_.find(which);
  return at == parts_.end() ? local_part{} : at->second;
}

bool membership::lives(const member_row& member) const {
  if (member.state == member_state::dead) return false;
  return member.who == self_.who ? !ended_ : !watch_.expired(member.who);
}

bool membership::can_receive(const member_key& who) const {
  const member_row* member = view_->find(who);
  return member != nullptr && member->state == member_state::active && lives(*member);
}

bool membership::pinned(const shard_ref& which, monotonic_time now) const {
  const auto at = owners_.find(which);
  return at != owners_.end() && at->second.moved && now - *at->second.moved < timing_.move_pause;
}

monotonic_time membership::serves_until() const {
  return renewed_ && !ended_ ? *renewed_ + timing_.serve_for : monotonic_time{};
}

const member_key& membership::self() const {
  return self_.who;
}

bool membership::registered() const {
  return registered_;
}

bool membership::empty_handed() const {
  const bool named =
      view_ && std::ranges::any_of(view_->shards, [this](const shard_row& row) {
        return self_.who.given() && (row.owner == self_.who || row.target == self_.who);
      });
  return !named && std::ranges::all_of(parts_, [](const auto& part) {
    return part.second.is == local_part::phase::closed;
  });
}

bool membership::replaceable() const {
  if (!view_ || !registered_) return true;
  return std::ranges::any_of(view_->shards, [this](const shard_row& row) {
    return row.owner == self_.who &&
           std::ranges::any_of(view_->members, [&](const member_row& member) {
             return member.who != self_.who && can_receive(member.who) &&
                    std::ranges::binary_search(member.hosts, row.which.context);
           });
  });
}

std::vector<member_key> membership::live(monotonic_time now) const {
  std::vector<member_key> members;
  if (!view_) return members;
  for (const member_row& member : view_->members) {
    const bool own_lease_over =
        registered_ && member.who == self_.who && now - lease_began_ >= timing_.lease;
    if (lives(member) && !own_lease_over) members.push_back(member.who);
  }
  return members;
}

bool membership::plans(monotonic_time now) const {
  if (!registered_ || ended_) return false;
  for (const member_key& who : live(now))
    if (view_->find(who)->state == member_state::active) return who == self_.who;
  return false;
}

// -- actions --------------------------------------------------------------------------------------

std::vector<membership_action> membership::next(monotonic_time now) {
  now_ = std::max(now_, now);
  std::vector<membership_action> actions;
  count_renewal(now);
  if (ended_) {
    actions.emplace_back(end_action{*ended_});
    return actions;
  }
  if (!view_) return actions;
  wanted_.clear();
  if (registered_) {
    renew(now, actions);
    vote(now, actions);
    steer_parts(now, actions);
  }
  propose(now, actions);
  asked_ = std::move(wanted_);
  wanted_.clear();
  return actions;
}

bool membership::ask(const asked_key& what, monotonic_time now) {
  const auto before = asked_.find(what);
  const bool due = before == asked_.end() || now - before->second >= ask_pause();
  wanted_[what] = due ? now : before->second;
  return due;
}

void membership::renew(monotonic_time now, std::vector<membership_action>& actions) {
  if (renewed_ && now - *renewed_ < timing_.renew_every) return;
  if (ask({asking::renew, {}, {}, {}, false}, now)) actions.emplace_back(renew_action{});
}

void membership::vote(monotonic_time now, std::vector<membership_action>& actions) {
  for (const auto& [to, up] : links_) {
    const member_row* member = view_->find(to);
    if (member == nullptr || member->state == member_state::dead || to == self_.who) continue;
    const vote_row own{self_.who, to};
    const bool suspected = std::ranges::binary_search(view_->votes, own);
    if (suspected == !up) continue;
    if (ask({asking::vote, {}, {}, to, !up}, now)) actions.emplace_back(vote_action{own, !up});
  }
}

void membership::steer_parts(monotonic_time now, std::vector<membership_action>& actions) {
  for (const shard_row& row : view_->shards)
    steer(row, now, actions);
  for (const auto& [which, part] : parts_)
    if (view_->find_shard(which) == nullptr) steer({which, {}, {}, {}, false}, now, actions);
}

void membership::steer(const shard_row& row, monotonic_time now,
                       std::vector<membership_action>& actions) {
  using phase = local_part::phase;
  const local_part part = part_of(row.which);
  const bool mine = row.owner == self_.who;
  if (part.is == phase::closing) return;
  if (part.is != phase::closed && (!mine || part.epoch != row.epoch)) {
    if (ask({asking::close, row.which, part.epoch, {}, true}, now))
      actions.emplace_back(close_shard_action{row.which, true});
    return;
  }
  if (mine) {
    prepares_.erase(row.which);
    steer_own(row, now, actions);
    return;
  }
  const bool wanted = row.target == self_.who && active();
  // One that is still loading has to be called off as well.
  const bool begun = part.prepared || (!wanted && prepares_.count(row.which) > 0);
  if (begun == wanted || !ask({asking::prepare, row.which, {}, {}, !wanted}, now)) return;
  actions.emplace_back(prepare_action{row.which, !wanted});
  if (wanted)
    prepares_.insert(row.which);
  else
    prepares_.erase(row.which);
}

void membership::steer_own(const shard_row& row, monotonic_time now,
                           std::vector<membership_action>& actions) {
  using phase = local_part::phase;
  const local_part part = part_of(row.which);
  // Closed with a target: it is handed over, or the target is taken off first.
  if (part.is == phase::closed && !row.target.given() && now < serves_until()) {
    if (ask({asking::open, row.which, row.epoch, {}, false}, now))
      actions.emplace_back(open_shard_action{row.which, row.epoch});
  }
  const bool handed_over = row.target.given() && row.target_ready && can_receive(row.target);
  if (part.is == phase::open && handed_over) {
    if (ask({asking::close, row.which, part.epoch, {}, false}, now))
      actions.emplace_back(close_shard_action{row.which, false});
  }
}

monotonic_time membership::wake_at() const {
  auto next = monotonic_time::max();
  const auto may_be = [&](monotonic_time when) {
    if (when > now_) next = std::min(next, when);
  };
  if (ended_ || !view_) return next;
  if (proposed_version_) may_be(proposed_at_ + ask_pause());
  if (!registered_) return next;
  for (const auto& [what, when] : asked_)
    may_be(when + ask_pause());
  if (renewed_) may_be(*renewed_ + timing_.renew_every);
  may_be(lease_began_ + timing_.lease);
  // What a reading is waited for comes due again and again.
  const monotonic_time expiry = watch_.next_expiry(self_.who);
  may_be(expiry > now_ ? expiry : now_ + ask_pause());
  may_be(evacuation_.changes_after(now_));
  if (active_since_) may_be(*active_since_ + timing_.gather);
  for (const auto& [which, sight] : owners_)
    if (sight.moved) may_be(*sight.moved + timing_.move_pause);
  for (const auto& [which, sight] : targets_)
    may_be(sight.since + timing_.target_patience);
  return next;
}

} // namespace troupe
