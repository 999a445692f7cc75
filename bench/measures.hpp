#pragma once

#include "bench/load.hpp"
#include "bench/options.hpp"
#include "bench/own_node.hpp"
#include "bench/report.hpp"
#include "bench/workload.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace troupe::bench {

/// A node to measure: one that runs already, or its own.
struct target_node {
  std::string endpoint;
  process_id process;               ///< may be unknown
  std::vector<process_id> others{}; ///< that are measured with it: the rest of its cluster
};

/// What every measure works with.
struct measure_setting {
  const bench_options& options;
  const workload& work;
  std::filesystem::path binary;  ///< of the node
  std::filesystem::path scratch; ///< exists; for own nodes
  std::function<void(const std::string&)> progress;
};

/// The load that the options describe, on that node.
[[nodiscard]] load_options load_of(const measure_setting& with, const target_node& node);

/// Each runs its measure as often as the options say and adds to `to`. What goes wrong on the way
/// is returned, or spoils the measurement.
[[nodiscard]] result<void> measure_throughput(const measure_setting& with, const target_node& node,
                                              measurement& to);
/// One call at a time: durable commands, then reads.
[[nodiscard]] result<void> measure_roundtrip(const measure_setting& with, const target_node& node,
                                             measurement& to);
/// Resident memory of the node per aggregate, each touched once.
[[nodiscard]] result<void> measure_memory(const measure_setting& with, const target_node& node,
                                          measurement& to);
/// What a node does while nobody asks it for anything.
[[nodiscard]] result<void> measure_idle(const measure_setting& with, const target_node& node,
                                        measurement& to);
/// A context with many resident aggregates is stopped and started: until every shard acknowledges,
/// and until all aggregates are resident again.
[[nodiscard]] result<void> measure_restart(const measure_setting& with, const target_node& node,
                                           measurement& to);

/// Once, twice, five and ten times the peak, offered without regard to what becomes of it.
[[nodiscard]] result<void> measure_overload(const measure_setting& with, const target_node& node,
                                            measurement& to);

/// One system's main story, lived by many users at a time; audited after each run.
[[nodiscard]] result<void> measure_scenario(const measure_setting& with, const target_node& node,
                                            measurement& to);

/// From the making of a process on an empty folder to its first durable acknowledgement.
[[nodiscard]] result<void> measure_start(const measure_setting& with, measurement& to);
/// The same for a node with one long shard, with its snapshot and without.
[[nodiscard]] result<void> measure_recovery(const measure_setting& with, measurement& to);

/// Pause of each shard while the nodes of a cluster are restarted one by one under load.
[[nodiscard]] result<void> measure_hand_off(const measure_setting& with, measurement& to);
/// From the death of a node to the first command that each of its shards acknowledges: where
/// somebody saw the exit and says so, and where the lease has to run out. Both in each run.
[[nodiscard]] result<void> measure_failover(const measure_setting& with, measurement& to);
/// What a command costs whose client does not know yet that the shard has moved.
[[nodiscard]] result<void> measure_redirect(const measure_setting& with, measurement& to);

/// The same load on a node that keeps histograms and one that does not, in turns.
[[nodiscard]] result<void> measure_instrumentation(const measure_setting& with, measurement& to);

} // namespace troupe::bench
