#pragma once

#include "bin/cli/launcher_client.hpp"
#include "bin/cli/output.hpp"
#include "messages/hello.hpp"
#include "persistence/lease_store.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::cli {

/// What there is to know of the nodes of a data directory, from whoever could be asked.
struct cluster_evidence {
  std::optional<value> launcher;             ///< its answer to launcher-status
  bool launcher_silent = false;              ///< there is one, but it did not answer
  std::optional<cluster_view> store;         ///< what the lease store holds
  std::map<std::string, hello_reply> hellos; ///< of the nodes that answered, by name
  std::map<std::string, value> statuses;     ///< of those that also told theirs in time
};

/// The evidence put together: what `troupe status` shows.
struct cluster_picture {
  value::array nodes;
  value::array contexts;
  std::optional<value> gateway;
  std::optional<value> launcher; ///< itself: pid, data, operation under way
  bool launcher_silent = false;
  std::vector<std::string> silent; ///< nodes that should have answered
};

[[nodiscard]] cluster_picture picture_of(const cluster_evidence& from);

/// The endpoints that the evidence names, by node.
[[nodiscard]] std::map<std::string, std::string> endpoints_of(const cluster_evidence& from);

/// Prints it in the format wanted.
void print(std::ostream& out, const settings& how, const cluster_picture& what);

/// Gathers evidence about one data directory, again and again.
class cluster_look {
public:
  static constexpr std::chrono::milliseconds hello_patience{1'000};

  cluster_look(std::string data, command_call& call) : data_(std::move(data)), call_(call) {}
  /// Whether there is or was a cluster in the directory at all.
  [[nodiscard]] bool there_is_one() const;
  /// Asks launcher, lease store and nodes; waits for the slowest at most `hello_patience`.
  [[nodiscard]] cluster_evidence gather();

private:
  void ask_nodes(cluster_evidence& to) const;

  std::string data_;
  command_call& call_;
  std::unique_ptr<launcher_client> launcher_;
  std::unique_ptr<lease_store> store_;
};

} // namespace troupe::cli
