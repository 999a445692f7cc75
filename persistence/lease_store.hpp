#pragma once

#include "messages/error.hpp"
#include "messages/shard_map.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Identity of a node's process: a dead generation never returns.
struct member_key {
  std::string node;
  std::uint64_t generation = 0; ///< 0: nobody
  auto operator<=>(const member_key&) const = default;
  [[nodiscard]] bool given() const { return generation != 0; }
};

/// `joining`: not ready to own; `leaving`: owns until others have taken over; `dead` is final.
enum class member_state : std::uint8_t { joining = 1, active = 2, leaving = 3, dead = 4 };
[[nodiscard]] std::string_view name_of(member_state state);

struct member_row {
  member_key who;
  std::string endpoint;         ///< for clients
  std::string cluster_endpoint; ///< for other nodes
  std::string build;
  member_state state = member_state::joining;
  std::vector<std::string> hosts; ///< contexts whose shards it may own, sorted
  bool operator==(const member_row&) const = default;
};

struct context_row {
  std::string name;
  std::uint32_t shards = 0;  ///< fixed when the context is first seen
  bool stopped = false;      ///< by the operator, on all nodes
  std::string delay = "off"; ///< of its answers to asks, by the operator
  bool operator==(const context_row&) const = default;
};

struct shard_row {
  shard_ref which;
  member_key owner;          ///< not given: nobody has it
  epoch_number epoch;        ///< grows by one at each change of owner
  member_key target;         ///< given: it is being handed over to that member
  bool target_ready = false; ///< the target has loaded what it can load beforehand
  bool held = false;         ///< an operator chose its owner, or target: not moved for balance
  bool operator==(const shard_row&) const = default;
};

/// A lease as it stands in the store. It carries no time: whoever watches it judges by its own
/// monotonic clock how long `beats` have not grown.
struct lease_row {
  member_key who;
  std::uint64_t beats = 0; ///< renewals so far
  bool ended = false;      ///< somebody who knows that the process is gone said so
  bool operator==(const lease_row&) const = default;
};

/// `voter` cannot reach `target`.
struct vote_row {
  member_key voter;
  member_key target;
  auto operator<=>(const vote_row&) const = default;
};

/// Everything in the store, as of one moment. Lists are sorted by their keys.
struct cluster_view {
  std::uint64_t version = 0; ///< of members, contexts and shards; leases and votes do not change it
  std::string secret;        ///< made with the store; nodes show it to each other
  std::vector<member_row> members;
  std::vector<context_row> contexts;
  std::vector<shard_row> shards;
  std::vector<lease_row> leases;
  std::vector<vote_row> votes;

  [[nodiscard]] const member_row* find(const member_key& who) const;
  [[nodiscard]] const context_row* find_context(std::string_view name) const;
  [[nodiscard]] const shard_row* find_shard(const shard_ref& which) const;
  [[nodiscard]] const lease_row* find_lease(const member_key& who) const;
};

/// Rows to write whole, new ones or in the place of those with the same key. A member that is
/// written for the first time gets a lease of 0 beats; one that is written as dead loses its lease
/// and its votes, given and received.
struct cluster_change {
  std::vector<member_row> members;
  std::vector<context_row> contexts;
  std::vector<shard_row> shards;
  std::vector<member_key> forgotten; ///< dead members whose rows may go
  [[nodiscard]] bool empty() const {
    return members.empty() && contexts.empty() && shards.empty() && forgotten.empty();
  }
};

/// Where a cluster keeps what its nodes must agree on: members, leases, owners of shards. All
/// views are totally ordered by one version, and every change is a compare-and-swap of it.
///
/// Leases and votes are kept apart: they change often, and nobody's decision depends on reading
/// them together with the rest.
///
/// Written so that a server database fits as well: no method holds anything between calls, `wait`
/// may be a notification or a poll. Errors: `storage_failed`, `storage_full`, `storage_locked` (the
/// store was busy for too long), `corrupt`, `wrong_format`. Thread-safe.
class lease_store {
public:
  virtual ~lease_store() = default;
  [[nodiscard]] virtual result<cluster_view> read() = 0;
  /// Applies all of `what` and adds one to the version, if the version still is `expected`; false,
  /// with nothing changed, if it is not. Durable when it returns true. `malformed`: a row breaks a
  /// rule (a dead member that is written again as another state, an epoch that goes back, a context
  /// whose number of shards changes, a shard beyond it); nothing was changed.
  [[nodiscard]] virtual result<bool> change(std::uint64_t expected, const cluster_change& what) = 0;
  /// Adds one to a lease's beats. `fenced` if the member is dead, unknown or its lease was ended.
  [[nodiscard]] virtual result<void> renew(const member_key& who) = 0;
  /// Ends a lease at once, for whoever has seen the process end. Unknown ones are fine.
  [[nodiscard]] virtual result<void> end_lease(const member_key& who) = 0;
  /// Says or takes back that `voter` cannot reach `target`; repeating is fine.
  [[nodiscard]] virtual result<void> vote(const vote_row& of, bool suspected) = 0;
  /// Returns when the version is not `seen` any more, when a lease was ended or a vote changed
  /// since the last `read`, or after `at_most`. May return early. One waiting thread per object.
  virtual void wait(std::uint64_t seen, std::chrono::milliseconds at_most) = 0;
  /// Makes a `wait` of another thread, or the next one, return at once.
  virtual void interrupt() = 0;
};

/// In one SQLite file, for the nodes of one machine (docs/cluster.md). Rollback journal, not
/// write-ahead log: several processes write it. `directory` is made if missing, mode 0700.
[[nodiscard]] result<std::unique_ptr<lease_store>>
open_sqlite_lease_store(const std::filesystem::path& directory);

/// Shared by the stores that are opened on it; for tests and simulation.
class memory_cluster;
[[nodiscard]] std::shared_ptr<memory_cluster> make_memory_cluster();
[[nodiscard]] std::unique_ptr<lease_store>
open_memory_lease_store(std::shared_ptr<memory_cluster> of);

} // namespace troupe
