#pragma once

#include "persistence/lease_store.hpp"
#include "tests/support/processes.hpp"
#include "troupe/client.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::test {

/// How the nodes of a test's cluster are started.
struct cluster_plan {
  std::size_t nodes = 3;
  std::vector<std::string> flags; ///< of every node, e.g. {"--system", "taxi"}
  /// Contexts that each node may own shards of, by its place; all where nothing is given.
  std::map<std::size_t, std::string> hosts;
  milliseconds lease{2'000};
  milliseconds move_pause{2'000};
  /// Where each node runs, by its place (`network::inside`, `network::address`); empty: beside the
  /// test, on loopback.
  std::vector<node_identity> places;
  /// Runs something where the clients are to be; empty: beside the test.
  std::function<void(const std::function<void()>&)> at_clients;
};

/// Nodes of one data directory, named n1, n2, n3 and so on; here they go by their places from 0.
/// Throws std::runtime_error with a node's last words where it does not start. Belongs to the
/// thread that made it, as its processes do.
class test_cluster {
public:
  test_cluster(std::filesystem::path data, cluster_plan how);

  /// Starts all that do not run, at the same time; returns when all of them listen.
  void start();
  /// All at the same time; how each ended.
  [[nodiscard]] std::vector<int> stop();
  void kill(); ///< all of them

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] test_node& node(std::size_t place) { return *nodes_[place]; }
  [[nodiscard]] const std::filesystem::path& data() const { return data_; }
  [[nodiscard]] const cluster_plan& plan() const { return plan_; }
  [[nodiscard]] std::vector<std::string> endpoints() const;
  /// Does something where the plan has the clients: sockets made there belong there.
  void at_clients(const std::function<void()>& work) const;
  /// Options of a client that knows every node.
  [[nodiscard]] client_options client_of_all(milliseconds deadline = patience) const;
  [[nodiscard]] client connect(milliseconds deadline = patience) const;

  /// What the nodes agreed on, read from their store. Throws if it cannot be read.
  [[nodiscard]] cluster_view view();
  /// As whoever saw the process end: the node's newest lease is over at once.
  void end_lease(std::size_t place);
  /// Places of the owners; shards that nobody owns are left out.
  [[nodiscard]] std::map<shard_ref, std::size_t> owners();
  /// Every shard has an owner among the nodes that run, and none is on its way.
  [[nodiscard]] bool at_rest();
  /// Every node that runs owns something, and all is at rest: what moves to even out has moved.
  [[nodiscard]] bool spread();
  [[nodiscard]] std::string logs() const; ///< of all nodes, for people

private:
  [[nodiscard]] lease_store& store();

  std::filesystem::path data_;
  cluster_plan plan_;
  std::vector<std::unique_ptr<test_node>> nodes_;
  std::unique_ptr<lease_store> store_;
};

} // namespace troupe::test
