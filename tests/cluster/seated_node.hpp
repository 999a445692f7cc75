#pragma once

#include "net/cluster/cluster_node.hpp"
#include "net/sdk/troupe/client.hpp"
#include "net/server.hpp"
#include "persistence/storage.hpp"
#include "supervisors/node.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace troupe::test {

/// A node with its seat and its endpoints, in this process, on files and a store that it shares
/// with others.
class seated_node {
public:
  struct place {
    std::string name;
    std::set<std::string> hosts; ///< contexts; empty: all of taxi
    cluster_timing timing;
  };
  seated_node(place where, std::shared_ptr<storage> files,
              const std::shared_ptr<memory_cluster>& cluster);
  ~seated_node();

  /// SIGTERM, so to speak.
  void leave();
  [[nodiscard]] bool settled() const { return node_->up() && seat_->settled(); }
  [[nodiscard]] const std::string& endpoint() const { return endpoint_; }
  [[nodiscard]] node& inside() { return *node_; }
  [[nodiscard]] lease_store& store() { return *store_; }
  [[nodiscard]] bool was_ended() const { return ended_.load(); }
  [[nodiscard]] std::set<shard_ref> owned() const;

private:
  std::shared_ptr<storage> files_;
  std::unique_ptr<lease_store> store_;
  std::unique_ptr<cluster_node> seat_;
  std::unique_ptr<node> node_;
  std::unique_ptr<server> door_;
  std::unique_ptr<server> cluster_door_;
  std::string endpoint_;
  bool gone_ = false;
  std::atomic<bool> ended_{false};
};

} // namespace troupe::test
