#include "tests/cluster/fake_store.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace troupe::test {
namespace {

template <class Key, class Row> std::vector<Row> values_of(const std::map<Key, Row>& rows) {
  std::vector<Row> values;
  for (const auto& [key, row] : rows)
    values.push_back(row);
  return values;
}

void must(bool holds, const std::string& what) {
  if (!holds) throw std::logic_error{"malformed change: " + what};
}

} // namespace

cluster_view fake_store::read() const {
  cluster_view view;
  view.version = version_;
  view.members = values_of(members_);
  view.contexts = values_of(contexts_);
  view.shards = values_of(shards_);
  view.leases = values_of(leases_);
  for (const auto& [vote, stands] : votes_)
    view.votes.push_back(vote);
  return view;
}

bool fake_store::change(std::uint64_t expected, const cluster_change& what) {
  if (expected != version_) return false;
  for (const member_row& row : what.members) {
    const auto before = members_.find(row.who);
    must(row.who.given(), "a member without a generation");
    must(before == members_.end() || before->second.state != member_state::dead ||
             row.state == member_state::dead,
         "a dead member returns");
  }
  for (const shard_row& row : what.shards) {
    const auto context = contexts_.find(row.which.context);
    must(context != contexts_.end() && row.which.shard.value < context->second.shards,
         "a shard beyond its context");
    const auto before = shards_.find(row.which);
    must(before == shards_.end() || before->second.epoch <= row.epoch, "an epoch goes back");
  }
  for (const member_row& row : what.members) {
    if (!members_.contains(row.who)) leases_[row.who] = {row.who, 0, false};
    members_[row.who] = row;
    if (row.state != member_state::dead) continue;
    leases_.erase(row.who);
    std::erase_if(votes_, [&](const auto& vote) {
      return vote.first.voter == row.who || vote.first.target == row.who;
    });
  }
  for (const context_row& row : what.contexts)
    contexts_[row.name] = row;
  for (const shard_row& row : what.shards)
    shards_[row.which] = row;
  for (const member_key& who : what.forgotten) {
    must(members_.contains(who) && members_[who].state == member_state::dead, "forgets the living");
    members_.erase(who);
  }
  ++version_;
  return true;
}

bool fake_store::renew(const member_key& who) {
  const auto lease = leases_.find(who);
  if (lease == leases_.end() || lease->second.ended) return false;
  ++lease->second.beats;
  return true;
}

void fake_store::end_lease(const member_key& who) {
  if (const auto lease = leases_.find(who); lease != leases_.end()) lease->second.ended = true;
}

void fake_store::vote(const vote_row& of, bool suspected) {
  if (suspected && leases_.contains(of.voter) && leases_.contains(of.target))
    votes_[of] = true;
  else
    votes_.erase(of);
}

const shard_row* fake_store::shard(const shard_ref& which) const {
  const auto row = shards_.find(which);
  return row == shards_.end() ? nullptr : &row->second;
}

member_row member_of(const std::string& node, std::vector<std::string> hosts, member_state state,
                     std::uint64_t generation) {
  return {.who = {node, generation},
          .endpoint = "tcp://" + node,
          .cluster_endpoint = "tcp://peer-" + node,
          .build = "1",
          .state = state,
          .hosts = std::move(hosts)};
}

context_row context_of(const std::string& name, std::uint32_t shards) {
  return {name, shards, false, "off"};
}

shard_row shard_of(const std::string& context, std::uint32_t shard, const member_key& owner,
                   std::uint64_t epoch) {
  return {{context, {shard}}, owner, {epoch}, {}, false};
}

} // namespace troupe::test
