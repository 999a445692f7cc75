#include "tests/cluster/cluster_model.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::test {
namespace {

using std::chrono::milliseconds;
using phase = local_part::phase;

std::string text_of(const member_key& who) {
  return who.given() ? who.node + "/" + std::to_string(who.generation) : "nobody";
}

std::string text_of(const shard_ref& which) {
  return which.context + "/" + std::to_string(which.shard.value);
}

} // namespace

void cluster_model::step() {
  if (below(100) < options_.faults_percent) {
    fault();
  } else if (below(100) < 20) {
    constexpr std::array<std::uint64_t, 6> jumps{1, 10, 50, 100, 300, 900};
    advance(milliseconds{jumps.at(below(jumps.size()))});
  } else {
    process& node = nodes_[below(nodes_.size())];
    if (node.runs()) {
      const auto what = below(10);
      if (what < 3) {
        for (const auto& [which, part] : std::map{node.parts})
          if (below(2) == 0) finish_part(node, which);
      } else if (!node.queue.empty()) {
        membership_action action = std::move(node.queue.front());
        node.queue.pop_front();
        // One in fifty gets lost: it is asked for again.
        if (below(50) != 0) carry_out(node, std::move(action));
      } else {
        // Deciding twice on one reading is as good as once.
        if (below(4) != 0) read(node);
        decide(node);
      }
    }
  }
  commit_everywhere();
  check();
}

void cluster_model::fault() {
  const std::size_t at = below(nodes_.size());
  switch (below(12)) {
  case 0:
  case 1:
    pause(at);
    break;
  case 2:
  case 3:
  case 4:
    resume(at);
    break;
  case 5:
    crash(at, below(2) == 0);
    break;
  case 6:
  case 7:
  case 8:
    start(at);
    break;
  case 9:
    leave(at);
    break;
  default:
    cut_or_heal_link();
  }
}

void cluster_model::cut_or_heal_link() {
  const std::string one = nodes_[below(nodes_.size())].name;
  const std::string other = nodes_[below(nodes_.size())].name;
  if (one != other && cut_.erase({one, other}) == 0) cut_.insert({one, other});
}

// -- what must always hold ------------------------------------------------------------------------

void cluster_model::check() {
  for (const auto& [which, file] : journals_) {
    int serving = 0;
    int open = 0;
    std::string names;
    for (const process& node : nodes_) {
      if (serves(node, which)) ++serving, names += " " + node.name;
      const auto part = node.parts.find(which);
      if (part != node.parts.end() && part->second.is == phase::open) ++open;
    }
    if (serving > 1) break_rule(text_of(which) + " is served by" + names);
    if (options_.locks && open > 1) break_rule(text_of(which) + " is open twice");
    const shard_row* row = store_.shard(which);
    if (row == nullptr || row->epoch < file.epoch)
      break_rule("the journal of " + text_of(which) + " is ahead of its ownership");
  }
}

cluster_model::process* cluster_model::holder_of(const member_key& who) {
  for (process& node : nodes_)
    if (node.number != 0 && node.logic->self() == who) return &node;
  return nullptr;
}

void cluster_model::check_changes(const cluster_view& before, const cluster_view& after) {
  for (const shard_row& row : after.shards) {
    const shard_row* was = before.find_shard(row.which);
    if (was != nullptr) {
      check_change(*was, row, before, after);
    } else if (row.epoch.value != 1 || !row.owner.given()) {
      break_rule("a first owner without epoch 1: " + text_of(row.which));
    }
  }
  for (const member_row& member : after.members) {
    const process* node = holder_of(member.who);
    const member_row* was = before.find(member.who);
    const bool buried =
        member.state == member_state::dead && was != nullptr && was->state != member_state::dead;
    seen_.burials += buried ? 1 : 0;
    if (buried && node != nullptr && clock_of(*node) < node->logic->serves_until())
      break_rule(text_of(member.who) + " was buried alive");
  }
}

void cluster_model::check_change(const shard_row& was, const shard_row& is,
                                 const cluster_view& before, const cluster_view& after) {
  const std::string shard = text_of(is.which);
  const bool given = is.owner.given() && is.owner != was.owner;
  if (is.epoch.value != was.epoch.value + (given ? 1 : 0))
    break_rule(shard + " went from epoch " + std::to_string(was.epoch.value) + " to " +
               std::to_string(is.epoch.value) + ", owner " + text_of(was.owner) + " to " +
               text_of(is.owner));
  if (is.owner == was.owner) return;
  const process* former = holder_of(was.owner);
  if (former != nullptr) {
    const auto part = former->parts.find(is.which);
    const bool holds = part != former->parts.end() && part->second.is != phase::closed;
    if (holds && clock_of(*former) < former->logic->serves_until())
      break_rule(shard + " was taken from " + text_of(was.owner) + " while it served");
  }
  if (!given) return;
  const auto active = [&was](const cluster_view& view) {
    const member_row* owner = view.find(was.owner);
    return owner != nullptr && owner->state == member_state::active;
  };
  const auto last = moved_.find(is.which);
  const member_row* left = after.find(was.owner);
  const bool alive = left != nullptr && left->state != member_state::dead;
  ++(alive ? seen_.hand_overs : seen_.take_overs);
  if (active(before) && active(after) && last != moved_.end() &&
      now_ - last->second < options_.timing.move_pause)
    break_rule(shard + " moved twice for balance");
  if (is.epoch.value > 1) moved_[is.which] = now_;
}

// -- once the faults are over ---------------------------------------------------------------------

bool cluster_model::settle() {
  cut_.clear();
  for (std::size_t at = 0; at < nodes_.size(); ++at) {
    resume(at);
    if (nodes_[at].leaving) crash(at, true);
  }
  // Leases of before end, shards are taken over, what flapped comes back, then it is balanced: in
  // rounds of `moves_at_once`, a shard at most once in `move_pause`.
  const auto well_after =
      options_.timing.lease * 3 + options_.timing.suspect_for + options_.timing.move_pause * 4;
  const auto end_of_faults = now_;
  std::optional<std::uint64_t> quiet;
  while (broken_.empty() && now_ - end_of_faults < well_after + options_.timing.move_pause * 2) {
    advance(milliseconds{250});
    for (std::size_t at = 0; at < nodes_.size(); ++at) {
      start(at);
      turn(at);
      finish(at);
    }
    commit_everywhere();
    if (now_ - end_of_faults < well_after) continue;
    if (quiet && *quiet != store_.version()) break_rule("it never gets quiet");
    quiet = store_.version();
    if (const std::string what = disorder(); !what.empty()) break_rule(what);
  }
  return broken_.empty();
}

/// What is not as it should be in a cluster that has long been left alone; empty: all is well.
std::string cluster_model::disorder() const {
  std::map<std::string, std::map<std::size_t, int>> counts;
  for (const auto& [context, shards] : options_.contexts)
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
      const auto at = open_at({context, {shard}});
      if (!at) return context + "/" + std::to_string(shard) + " is not open anywhere";
      ++counts[context][*at];
      ++counts["all"][*at];
    }
  for (auto& [context, of_nodes] : counts) {
    int least = 1'000;
    int most = 0;
    for (std::size_t at = 0; at < nodes_.size(); ++at) {
      least = std::min(least, of_nodes[at]);
      most = std::max(most, of_nodes[at]);
    }
    if (most - least > 1) return context + " is not spread evenly";
  }
  return {};
}

} // namespace troupe::test
