#pragma once

#include "bin/cli/child_process.hpp"
#include "persistence/lease_store.hpp"
#include "tests/support/processes.hpp"
#include "tests/support/temp_folder.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe::test {

/// Nodes of one machine on one data directory, each on a port of its own that it keeps over its
/// restarts. Throws std::runtime_error with a node's last words where it does not come up.
///
/// One thread.
class node_group {
public:
  /// `flags` go to every node.
  explicit node_group(std::vector<std::string> flags);
  ~node_group(); ///< kills those that run

  /// Flags of one node, besides.
  void give(const std::string& name, std::vector<std::string> flags) {
    members_[name].flags = std::move(flags);
  }
  /// Starts nodes at the same time; returns when all of them own what they are given first.
  void start(const std::vector<std::string>& names, const std::string& program = "troupe-node");
  /// SIGTERM, without waiting.
  void ask_to_end(const std::string& name);
  /// SIGTERM: hands its shards over and ends. Its exit code; -1: it did not end.
  [[nodiscard]] int end(const std::string& name);
  /// `end`, `start`, and the node is a member again and has its share of the shards. Throws if not.
  void restart(const std::string& name, const std::string& program = "troupe-node");
  /// Asks it to give away what it owns; it goes on running.
  void drain(const std::string& name) const;

  [[nodiscard]] const std::string& endpoint(const std::string& name) const;
  /// Of all that were ever started.
  [[nodiscard]] std::vector<std::string> endpoints() const;
  [[nodiscard]] std::filesystem::path data() const { return scratch_.path() / "data"; }
  [[nodiscard]] std::string log(const std::string& name) const;

  /// What the nodes agreed on, as of now.
  [[nodiscard]] cluster_view agreed() const;
  /// Shards by their owner's name, nobody's as "".
  [[nodiscard]] std::map<std::string, int> shards() const;
  /// Waits until shards are owned by these alone, every one has some, and none is on its way.
  [[nodiscard]] bool spread_over(const std::vector<std::string>& names) const;
  /// Waits until a node owns nothing.
  [[nodiscard]] bool empty_handed(const std::string& name) const;

private:
  struct member {
    std::string endpoint;
    std::vector<std::string> flags;
    std::unique_ptr<cli::child_process> process;
  };
  void launch(const std::string& name, const std::string& program);

  temp_folder scratch_;
  std::vector<std::string> flags_;
  std::map<std::string, member> members_;
};

} // namespace troupe::test
