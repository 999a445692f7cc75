#pragma once

#include "persistence/lease_store.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace troupe::test {

/// The compare-and-swap of a lease store, in memory and without threads. Written apart from the
/// real engines, so that neither inherits the other's mistakes.
class fake_store {
public:
  [[nodiscard]] cluster_view read() const;
  /// False: another version. Throws where a real store would say `malformed`.
  bool change(std::uint64_t expected, const cluster_change& what);
  /// False: fenced.
  bool renew(const member_key& who);
  void end_lease(const member_key& who);
  void vote(const vote_row& of, bool suspected);
  [[nodiscard]] const shard_row* shard(const shard_ref& which) const;
  [[nodiscard]] std::uint64_t version() const { return version_; }

private:
  std::uint64_t version_ = 1;
  std::map<member_key, member_row> members_;
  std::map<std::string, context_row> contexts_;
  std::map<shard_ref, shard_row> shards_;
  std::map<member_key, lease_row> leases_;
  std::map<vote_row, bool> votes_;
};

/// Active, hosting `hosts`.
[[nodiscard]] member_row member_of(const std::string& node, std::vector<std::string> hosts,
                                   member_state state = member_state::active,
                                   std::uint64_t generation = 1);
[[nodiscard]] context_row context_of(const std::string& name, std::uint32_t shards);
[[nodiscard]] shard_row shard_of(const std::string& context, std::uint32_t shard,
                                 const member_key& owner, std::uint64_t epoch);

} // namespace troupe::test
