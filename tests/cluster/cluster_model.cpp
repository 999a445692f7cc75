#include "tests/cluster/cluster_model.hpp"

#include <algorithm>
#include <utility>

namespace troupe::test {
namespace {

using std::chrono::milliseconds;
using phase = local_part::phase;

std::string text_of(const shard_ref& which) {
  return which.context + "/" + std::to_string(which.shard.value);
}

} // namespace

cluster_model::cluster_model(const model_options& options)
    : options_(options), random_(options.seed) {
  cluster_change contexts;
  for (const auto& [name, shards] : options_.contexts)
    contexts.contexts.push_back(context_of(name, shards));
  store_.change(store_.version(), contexts);
  repeat_in_engine(contexts);
  for (std::uint32_t node = 0; node < options_.nodes; ++node) {
    nodes_.emplace_back();
    nodes_.back().name = "n" + std::to_string(node + 1);
    nodes_.back().clock_ahead = milliseconds{below(1'000'000)};
    start(node);
  }
}

monotonic_time cluster_model::clock_of(const process& of) const {
  return now_ + of.clock_ahead;
}

void cluster_model::break_rule(const std::string& what) {
  if (broken_.empty()) broken_ = "seed " + std::to_string(options_.seed) + ": " + what;
}

// -- processes ------------------------------------------------------------------------------------

void cluster_model::start(std::size_t at) {
  process& node = nodes_[at];
  if (node.number != 0) return;
  std::vector<std::string> hosts;
  for (const auto& [name, shards] : options_.contexts)
    hosts.push_back(name);
  node.logic = std::make_unique<membership>(member_of(node.name, hosts), options_.timing);
  node.logic->ready();
  node.number = ++processes_;
  node.leaving = false;
}

/// The process is gone: so are its locks, its memory and what it was about to do.
void cluster_model::end(process& node) {
  for (auto& [which, file] : journals_)
    if (file.locked_by == node.number) file.locked_by = 0;
  node.number = 0;
  node.paused = false;
  node.queue.clear();
  node.parts.clear();
}

void cluster_model::crash(std::size_t at, bool lease_ended) {
  process& node = nodes_[at];
  if (node.number == 0) return;
  if (lease_ended && node.logic->registered()) store_.end_lease(node.logic->self());
  end(node);
}

void cluster_model::pause(std::size_t at) {
  nodes_[at].paused = nodes_[at].number != 0;
}

void cluster_model::resume(std::size_t at) {
  nodes_[at].paused = false;
}

void cluster_model::leave(std::size_t at) {
  process& node = nodes_[at];
  if (node.number == 0) return;
  node.leaving = true;
  node.logic->leave();
}

void cluster_model::advance(milliseconds by) {
  now_ += by;
}

// -- what the driver of a node does ---------------------------------------------------------------

void cluster_model::tell_links(process& node) {
  for (const member_row& member : store_.read().members) {
    if (member.state == member_state::dead || member.who.node == node.name) continue;
    const bool up = !cut_.contains({node.name, member.who.node});
    node.logic->link_is(member.who, up, clock_of(node));
  }
}

void cluster_model::read(process& node) {
  tell_links(node);
  node.logic->saw(store_.read(), clock_of(node));
}

void cluster_model::decide(process& node) {
  for (membership_action& action : node.logic->next(clock_of(node)))
    node.queue.push_back(std::move(action));
  // What a launcher does: a node that wanted to leave and may.
  if (!node.leaving || !node.logic->registered()) return;
  if (node.logic->empty_handed() || !node.logic->replaceable()) end(node);
}

void cluster_model::turn(std::size_t at) {
  process& node = nodes_[at];
  for (int again = 0; again < 3 && node.runs(); ++again) {
    if (node.queue.empty()) {
      read(node);
      decide(node);
      if (node.queue.empty()) break;
    }
    carry_out_all(node);
  }
  check();
}

void cluster_model::act(std::size_t at) {
  process& node = nodes_[at];
  if (!node.runs()) return;
  const bool under_way = std::ranges::any_of(node.parts, [](const auto& part) {
    return part.second.is == phase::opening || part.second.is == phase::closing;
  });
  if (under_way) {
    finish(at);
    return;
  }
  read(node);
  decide(node);
  carry_out_all(node);
  check();
}

void cluster_model::carry_out_all(process& node) {
  while (node.runs() && !node.queue.empty()) {
    membership_action action = std::move(node.queue.front());
    node.queue.pop_front();
    carry_out(node, std::move(action));
  }
}

void cluster_model::set_part(process& node, const shard_ref& which, const local_part& how) {
  node.parts[which] = how;
  node.logic->part_is(which, how);
}

void cluster_model::carry_out(process& node, membership_action action) {
  if (const auto* open_it = std::get_if<open_shard_action>(&action)) {
    local_part part = node.parts[open_it->which];
    if (part.is != phase::closed) return;
    part.is = phase::opening;
    part.epoch = open_it->epoch;
    set_part(node, open_it->which, part);
  } else if (const auto* close = std::get_if<close_shard_action>(&action)) {
    local_part part = node.parts[close->which];
    if (part.is != phase::open && part.is != phase::opening) return;
    if (options_.mistake == planted::hand_over_without_closing && !close->lost) {
      node.logic->part_is(close->which, {}); // The part itself stays as it is.
      return;
    }
    part.is = phase::closing;
    set_part(node, close->which, part);
  } else if (const auto* prepare = std::get_if<prepare_action>(&action)) {
    local_part part = node.parts[prepare->which];
    if (options_.mistake == planted::open_before_owner && !prepare->cancel) {
      const epoch_number epoch = store_.shard(prepare->which)->epoch;
      node.parts[prepare->which] = {phase::open, {epoch.value + 1}, true};
    }
    part.prepared = !prepare->cancel;
    node.logic->part_is(prepare->which, part);
    if (options_.mistake != planted::open_before_owner) node.parts[prepare->which] = part;
  } else if (auto* proposal = std::get_if<propose_action>(&action)) {
    propose(node, std::move(*proposal));
  } else if (std::holds_alternative<renew_action>(action)) {
    const monotonic_time began = clock_of(node);
    const bool late = options_.mistake == planted::renewal_dated_late;
    if (!store_.renew(node.logic->self()))
      node.logic->refused();
    else
      node.logic->renewed(late ? began + milliseconds{2500} : began);
  } else if (const auto* vote = std::get_if<vote_action>(&action)) {
    store_.vote(vote->of, vote->suspected);
  } else if (options_.mistake != planted::ended_nodes_go_on) {
    ++seen_.ends;
    end(node);
  }
}

void cluster_model::propose(process& node, propose_action action) {
  const cluster_view before = store_.read();
  if (action.expected != before.version) return;
  if (options_.mistake == planted::epoch_stands_still)
    for (shard_row& row : action.what.shards)
      if (const shard_row* was = before.find_shard(row.which); was != nullptr)
        row.epoch = was->epoch;
  if (options_.mistake == planted::burial_of_the_living && node.logic->plans(clock_of(node)) &&
      below(4) == 0) {
    for (member_row victim : before.members) {
      if (victim.state != member_state::active || victim.who == node.logic->self()) continue;
      victim.state = member_state::dead;
      action.what.members = {victim};
      action.what.shards.clear();
      for (shard_row row : before.shards) {
        if (row.owner != victim.who) continue;
        action.what.shards.push_back(
            {row.which, node.logic->self(), {row.epoch.value + 1}, {}, false});
      }
      break;
    }
  }
  try {
    if (!store_.change(action.expected, action.what)) return;
    repeat_in_engine(action.what);
    check_changes(before, store_.read());
  } catch (const std::exception& refused) {
    break_rule(action.why + ": " + refused.what());
  }
}

void cluster_model::repeat_in_engine(const cluster_change& what) {
  const auto before = engine_->read();
  const auto changed = engine_->change(before.value().version, what);
  if (!changed.ok()) break_rule("the engine refuses: " + changed.error().message);
  const cluster_view same = store_.read();
  const auto after = engine_->read();
  if (after.value().members != same.members || after.value().shards != same.shards)
    break_rule("the engine understands a change differently");
}

// -- parts and journals ---------------------------------------------------------------------------

void cluster_model::finish(std::size_t at) {
  process& node = nodes_[at];
  if (!node.runs()) return;
  for (const auto& [which, part] : std::map{node.parts})
    finish_part(node, which);
  check();
}

void cluster_model::finish_part(process& node, const shard_ref& which) {
  const local_part part = node.parts[which];
  if (part.is == phase::opening) open(node, which, part);
  if (part.is != phase::closing) return;
  if (journals_[which].locked_by == node.number) journals_[which].locked_by = 0;
  set_part(node, which, {});
}

void cluster_model::open(process& node, const shard_ref& which, local_part part) {
  journal& file = journals_[which];
  epoch_number epoch = part.epoch;
  if (options_.mistake == planted::old_epoch_in_the_journal && epoch.value > 1) --epoch.value;
  const bool locked = options_.locks && file.locked_by != 0 && file.locked_by != node.number;
  if (locked || file.epoch > epoch) {
    set_part(node, which, {});
    return;
  }
  file = {epoch, node.number, node.number};
  part.is = phase::open;
  part.prepared = false;
  set_part(node, which, part);
}

bool cluster_model::serves(const process& node, const shard_ref& which) const {
  const auto part = node.parts.find(which);
  if (!node.runs() || part == node.parts.end() || part->second.is != phase::open) return false;
  return options_.mistake == planted::no_lease_check || clock_of(node) < node.logic->serves_until();
}

/// Every open part tries, whatever its lease says: the journal alone must refuse a stale one.
void cluster_model::commit_everywhere() {
  for (process& node : nodes_) {
    if (!node.runs()) continue;
    for (const auto& [which, part] : node.parts) {
      if (part.is != phase::open) continue;
      const journal& file = journals_[which];
      const bool old = options_.mistake == planted::old_epoch_in_the_journal;
      const epoch_number mine{part.epoch.value - (old && part.epoch.value > 1 ? 1 : 0)};
      if (mine != file.epoch) {
        ++seen_.fenced;
        continue;
      }
      ++seen_.commits;
      if (file.newest != node.number)
        break_rule(node.name + " committed to " + text_of(which) + " that another has opened");
    }
  }
}

std::optional<std::size_t> cluster_model::open_at(const shard_ref& which) const {
  for (std::size_t at = 0; at < nodes_.size(); ++at)
    if (serves(nodes_[at], which)) return at;
  return std::nullopt;
}

} // namespace troupe::test
