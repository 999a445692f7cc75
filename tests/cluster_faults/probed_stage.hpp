#pragma once

#include "tests/cluster_faults/shard_probes.hpp"
#include "tests/cluster_faults/stage.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace troupe::test {

/// A stage whose cluster runs and has a command on its way to every shard of taxi.payment, all the
/// time: callers with a deadline of 10 s.
class probed_stage {
public:
  explicit probed_stage(cluster_plan how = {});

  [[nodiscard]] stage& on() { return on_; }
  [[nodiscard]] test_cluster& cluster() { return on_.cluster(); }
  [[nodiscard]] shard_probes& probes() { return *probes_; }
  [[nodiscard]] static monotonic_time now() { return real_clock().monotonic(); }

  /// Waits until each node owns something and every probed shard answers. REQUIREs it.
  void wait_until_spread();
  /// Waits until every probed shard has acknowledged a command that was sent from now on.
  void wait_until_served(const std::string& when);
  /// Probed shards of a node.
  [[nodiscard]] std::set<shard_ref> owned_by(std::size_t place);
  [[nodiscard]] std::set<shard_ref> all_but(const std::set<shard_ref>& some) const;

  /// Ends the probes; CHECKs that no call failed and that the data are proven.
  void end();

private:
  stage on_;
  std::optional<shard_probes> probes_;
};

} // namespace troupe::test
