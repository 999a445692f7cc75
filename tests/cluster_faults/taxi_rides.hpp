#pragma once

#include "tests/cluster_faults/stage.hpp"
#include "tests/kill/ledger.hpp"
#include "tests/kill/load.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace troupe::test {

/// Rides through a cluster: calls that ask payment, policies that tell the driver and the call, the
/// board that follows both. Goes on until `end`, whatever happens to the nodes.
class taxi_rides {
public:
  /// The cluster runs.
  explicit taxi_rides(stage& on);

  /// Waits until that many more commands were answered. REQUIREs it.
  void go_on(std::uint64_t answers, const std::string& when);
  [[nodiscard]] ledger& told() { return *told_; }
  void end() { clients_->end(); }
  /// What is wrong once all is quiet, one sentence each: rides that are not the same everywhere,
  /// acknowledged ones that are gone, effects of calls that never came to be, events that were
  /// handled never or twice. After `end`; all shards have owners.
  [[nodiscard]] std::vector<std::string> findings();
  /// `end`, then CHECKs that there are no findings, that every command got its answer, and the
  /// stage's proof.
  void check();

private:
  using rows = std::map<std::int64_t, value>;
  [[nodiscard]] rows list(const std::string& context);
  [[nodiscard]] bool promises_are_open();
  [[nodiscard]] bool is_quiet();
  void check_rides();
  void check_acknowledged();
  void check_reactions();

  stage& on_;
  std::unique_ptr<ledger> told_;
  client reader_;
  std::unique_ptr<load> clients_;
  std::map<std::string, rows> held_;
  std::vector<std::string> found_;
  std::string open_; ///< what is not quiet yet, for people
};

} // namespace troupe::test
