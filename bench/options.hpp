#pragma once

#include "bench/process.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe::bench {

enum class measure : std::uint8_t { throughput, roundtrip, memory, start, recovery, idle };

/// What `troupe bench` was told.
struct bench_options {
  bench::measure measure = measure::throughput;
  std::string workload = "register-fare";
  std::string endpoint = "tcp://127.0.0.1:7100";
  process_id node;         ///< not known: the node is asked
  bool start = false;      ///< start and stop a node of its own
  std::string scratch;     ///< folder for it; empty: the system's temporary folder
  std::string node_binary; ///< empty: next to this program
  std::uint32_t connections = 1;
  std::uint32_t in_flight = 1024;
  std::int64_t aggregates = 10'000;
  std::uint64_t events = 1'000'000; ///< of the shard that recovers
  std::chrono::milliseconds duration{10'000};
  std::chrono::milliseconds warm_up{2000};
  std::uint32_t runs = 3;
  std::string json; ///< file to write, "-": standard output; empty: none
};

} // namespace troupe::bench
