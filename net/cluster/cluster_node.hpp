#pragma once

#include "net/cluster/timing.hpp"
#include "persistence/lease_store.hpp"
#include "supervisors/node.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

struct cluster_options {
  std::string node;  ///< its name; the caller holds the lock on it
  std::string build; ///< shown to people
  /// Contexts of this build that the node may own shards of, and with how many shards each begins
  /// if the cluster does not know it yet.
  std::map<std::string, std::uint32_t> hosts;
  /// Epoch that a shard of a context new to the cluster has already: its journal may be from a time
  /// before the cluster, or the cluster's file was lost. Not given: 0.
  std::function<epoch_number(const shard_ref&)> epoch_before;
  cluster_timing timing;
  /// This generation of the node is dead: the process must end. Called at most once, from the
  /// membership's thread.
  std::function<void(const std::string& why)> ended;
};

/// A node's seat in its cluster: keeps its lease, takes and gives shards, knows where the others
/// are. One thread that feeds `membership` with what the store, the node and the links say and does
/// what it asks for; another one for the links (`peers`).
///
/// Life cycle: `open`, then start the node with what it offers, then the servers, then `join`;
/// `leave_and_wait` before the node is stopped, then `stop`.
class cluster_node : public cluster_side {
public:
  /// Reads the store and agrees with it on the contexts and their shards. The store and the clock
  /// outlive it.
  [[nodiscard]] static result<std::unique_ptr<cluster_node>>
  open(cluster_options options, lease_store& store, const clock& time);

  /// For `node_options`.
  [[nodiscard]] virtual std::map<std::string, std::uint32_t> shards_of() const = 0;
  [[nodiscard]] virtual std::shared_ptr<const std::atomic<std::int64_t>> serves_until() const = 0;
  virtual void parts_changed() = 0; ///< thread-safe
  /// What nodes show each other.
  [[nodiscard]] virtual const std::string& secret() const = 0;

  /// Registers the node and takes part from here on. It outlives this one's `stop`.
  virtual void join(node& of, std::string endpoint, std::string cluster_endpoint) = 0;
  /// Whether it is a member and has opened what it owns.
  [[nodiscard]] virtual bool settled() const = 0;
  /// Gives away what it owns; returns when it has, when nobody is there to take it, or after
  /// `at_most`. Whether it owns nothing any more.
  virtual bool leave_and_wait(std::chrono::milliseconds at_most) = 0;
  /// Ends the threads and, if it owns nothing or the node is stopped, its lease. Idempotent.
  virtual void stop() = 0;
  /// For the node's status: its place in the cluster.
  [[nodiscard]] virtual value describe() const = 0;
};

} // namespace troupe
