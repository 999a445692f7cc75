#pragma once

#include "bench/process.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe::bench {

enum class measure : std::uint8_t {
  throughput,
  roundtrip,
  memory,
  start,
  recovery,
  idle,
  restart,
  overload,
  scenario,
  hand_off,
  failover,
  redirect,
  supervision,
  instrumentation,
  inspection
};

/// Of a scenario: enough to keep two lanes at work, and few enough for latencies to mean something.
inline constexpr std::uint32_t users_by_default = 64;
/// Of measures that need a cluster.
inline constexpr std::uint32_t nodes_by_default = 3;

/// What `troupe bench` was told.
struct bench_options {
  bench::measure measure = measure::throughput;
  std::string workload = "register-fare";
  std::string scenario; ///< system whose story is told, with `measure::scenario`
  std::string endpoint = "tcp://127.0.0.1:7100";
  process_id node;         ///< not known: the node is asked
  bool start = false;      ///< start and stop a node of its own
  std::uint32_t nodes = 1; ///< of its own, in one cluster
  std::string scratch;     ///< folder for it; empty: the system's temporary folder
  std::string node_binary; ///< empty: next to this program
  std::uint32_t connections = 1;
  std::uint32_t in_flight = 1024; ///< calls; of a scenario: users
  std::int64_t aggregates = 10'000;
  std::uint64_t events = 1'000'000; ///< of the shard that recovers
  std::uint64_t stories = 0;        ///< not 0: end after so many instead of after a time
  std::chrono::milliseconds duration{10'000};
  std::chrono::milliseconds warm_up{2000};
  std::uint32_t runs = 3;
  std::string json;       ///< file to write, "-": standard output; empty: none
  bool json_only = false; ///< the report is JSON on standard output, and there is no table
};

} // namespace troupe::bench
