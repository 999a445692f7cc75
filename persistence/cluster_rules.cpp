#include "persistence/cluster_rules.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace troupe {

namespace {

/// Names become parts of file names and of lists with commas.
constexpr std::size_t name_bytes_max = 100;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= name_bytes_max && text.front() != '.' &&
         std::none_of(text.begin(), text.end(), [](char each) {
           return each == '/' || each == ',' || static_cast<unsigned char>(each) < 0x20;
         });
}

std::string text_of(const member_key& who) {
  return "member " + who.node + " generation " + std::to_string(who.generation);
}

std::string text_of(const shard_ref& which) {
  return "shard " + std::to_string(which.shard.value) + " of " + which.context;
}

error broken(const std::string& row, const std::string& rule) {
  return fail(errc::malformed, row + ": " + rule);
}

/// Writes a row in its place in a sorted list.
template <class Row, class Key> void put(std::vector<Row>& rows, const Row& row, Key Row::*key) {
  const auto at =
      std::lower_bound(rows.begin(), rows.end(), row,
                       [key](const Row& one, const Row& other) { return one.*key < other.*key; });
  if (at != rows.end() && (*at).*key == row.*key)
    *at = row;
  else
    rows.insert(at, row);
}

void drop_lease_and_votes(const member_key& who, cluster_view& of) {
  std::erase_if(of.leases, [&](const lease_row& lease) { return lease.who == who; });
  std::erase_if(of.votes,
                [&](const vote_row& vote) { return vote.voter == who || vote.target == who; });
}

result<void> write_member(const member_row& row, cluster_view& to) {
  if (!row.who.given() || !is_name(row.who.node))
    return broken(text_of(row.who), "a member needs a name without '/' and ',' and a generation");
  if (name_of(row.state) == name_of(member_state{}))
    return broken(text_of(row.who), "there is no such state");
  if (!std::all_of(row.hosts.begin(), row.hosts.end(), is_name))
    return broken(text_of(row.who), "what it hosts are names of contexts");
  const member_row* before = to.find(row.who);
  if (before != nullptr && before->state == member_state::dead && row.state != member_state::dead)
    return broken(text_of(row.who), "it is dead, and a dead generation never returns");
  const bool first = before == nullptr;
  put(to.members, row, &member_row::who);
  if (row.state == member_state::dead)
    drop_lease_and_votes(row.who, to);
  else if (first)
    put(to.leases, lease_row{row.who}, &lease_row::who);
  return {};
}

result<void> write_context(const context_row& row, cluster_view& to) {
  const std::string name = "context " + row.name;
  if (!is_name(row.name) || row.shards == 0)
    return broken(name, "a context needs a name without '/' and ',' and at least one shard");
  const context_row* before = to.find_context(row.name);
  if (before != nullptr && before->shards != row.shards)
    return broken(name, "it has " + std::to_string(before->shards) + " shards for ever, not " +
                            std::to_string(row.shards));
  put(to.contexts, row, &context_row::name);
  return {};
}

/// Two owners under one epoch would be two writers that no journal can tell apart.
result<void> check_owner(const shard_row& row, const shard_row* before) {
  if (!row.owner.given()) return {};
  if (row.epoch.value == 0) return broken(text_of(row.which), "an owner has an epoch from 1");
  if (before != nullptr && before->owner != row.owner && before->epoch == row.epoch)
    return broken(text_of(row.which),
                  "a new owner needs an epoch above " + std::to_string(before->epoch.value));
  return {};
}

result<void> write_shard(const shard_row& row, cluster_view& to) {
  const context_row* context = to.find_context(row.which.context);
  if (context == nullptr) return broken(text_of(row.which), "the context is unknown");
  if (row.which.shard.value >= context->shards)
    return broken(text_of(row.which),
                  "the context has " + std::to_string(context->shards) + " shards");
  const shard_row* before = to.find_shard(row.which);
  if (before != nullptr && row.epoch < before->epoch)
    return broken(text_of(row.which), "its epoch is " + std::to_string(before->epoch.value) +
                                          " and never goes back to " +
                                          std::to_string(row.epoch.value));
  if (auto done = check_owner(row, before); !done) return done;
  put(to.shards, row, &shard_row::which);
  return {};
}

result<void> forget(const member_key& who, cluster_view& to) {
  const member_row* row = to.find(who);
  if (row == nullptr) return {};
  if (row->state != member_state::dead)
    return broken(text_of(who), "only dead members may be forgotten");
  std::erase_if(to.members, [&](const member_row& member) { return member.who == who; });
  return {};
}

template <class Row, class Write>
result<void> write_all(const std::vector<Row>& rows, Write write, cluster_view& to) {
  for (const Row& row : rows)
    if (auto done = write(row, to); !done) return done;
  return {};
}

} // namespace

result<void> apply_change(const cluster_change& what, cluster_view& to) {
  cluster_view changed = to;
  result<void> done = write_all(what.members, write_member, changed);
  if (done) done = write_all(what.contexts, write_context, changed);
  if (done) done = write_all(what.shards, write_shard, changed);
  if (done) done = write_all(what.forgotten, forget, changed);
  if (!done) return done;
  ++changed.version;
  to = std::move(changed);
  return {};
}

bool apply_end_of_lease(const member_key& who, cluster_view& to) {
  const auto found = std::find_if(to.leases.begin(), to.leases.end(),
                                  [&](const lease_row& lease) { return lease.who == who; });
  return found != to.leases.end() && !std::exchange(found->ended, true);
}

bool apply_vote(const vote_row& of, bool suspected, cluster_view& to) {
  const auto at = std::lower_bound(to.votes.begin(), to.votes.end(), of);
  const bool stands = at != to.votes.end() && *at == of;
  if (stands == suspected) return false;
  if (stands) {
    to.votes.erase(at);
    return true;
  }
  // Whoever lives has a lease row, even if the lease has ended.
  if (to.find_lease(of.voter) == nullptr || to.find_lease(of.target) == nullptr) return false;
  to.votes.insert(at, of);
  return true;
}

error no_lease(const member_key& who) {
  return fail(errc::fenced, text_of(who) + " has no lease that could be renewed: it is dead, "
                                           "unknown or seen to have ended");
}

} // namespace troupe
