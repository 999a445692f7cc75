#pragma once

#include "persistence/lease_store.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace troupe {

/// A change of the cluster in the making: several reasons for one compare-and-swap, each seeing
/// what the ones before it have put in. Refers to the view, which must outlive it.
class proposal {
public:
  explicit proposal(const cluster_view& base) : base_(base) {}

  void put(const member_row& row) { members_[row.who] = row; }
  void put(const shard_row& row) { shards_[row.which] = row; }
  void forget(const member_key& who) { forgotten_.insert(who); }
  void note(std::string why);

  [[nodiscard]] bool empty() const {
    return members_.empty() && shards_.empty() && forgotten_.empty();
  }
  /// True for shards whose row it writes.
  [[nodiscard]] bool writes(const shard_ref& which) const { return shards_.contains(which); }
  /// The view as it will be if the proposal is accepted. Leases and votes are those of the base.
  [[nodiscard]] cluster_view as_it_will_be() const;
  [[nodiscard]] cluster_change change() const;
  [[nodiscard]] const std::string& why() const { return why_; }

private:
  const cluster_view& base_;
  std::map<member_key, member_row> members_;
  std::map<shard_ref, shard_row> shards_;
  std::set<member_key> forgotten_;
  std::string why_;
};

} // namespace troupe
