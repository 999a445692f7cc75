#pragma once

#include "bench/histogram.hpp"
#include "bench/load.hpp"
#include "messages/error.hpp"
#include "net/sdk/troupe/client.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace troupe::bench {

/// Calls that come whatever becomes of the ones before, as those of many people do.
struct open_loop_options {
  std::string endpoint;
  std::uint32_t connections = 1;
  double per_second = 1'000;
  /// Not 0: a closed loop of so many calls instead, each followed by the next when it has ended.
  std::uint32_t in_flight = 0;
  std::chrono::milliseconds duration{5'000};
  std::chrono::milliseconds deadline{2'000}; ///< of each call; an answer after it is worth nothing
  std::uint32_t attempts_max = 3;            ///< of the client, as programs have it
  std::function<void()> look;                ///< called some ten times a second meanwhile
};

struct open_loop_result {
  double seconds = 0;
  std::uint64_t offered = 0; ///< calls that were made; fewer than wanted if this machine is slow
  std::uint64_t in_time = 0; ///< answered with success within their time
  std::uint64_t refused = 0; ///< told to come again later: cheap for everybody
  std::uint64_t late = 0;    ///< whose time was over first
  histogram latency_ns;      ///< of those in time
  error_counts others;       ///< failures of any other kind, by code
  std::string first_other;
  client_counters sent; ///< retries and those left out

  [[nodiscard]] double goodput() const {
    return seconds > 0 ? static_cast<double>(in_time) / seconds : 0;
  }
};

/// One call of the load; `done` must follow exactly once.
using open_call = std::function<void(client& over, std::uint64_t number, call_options options,
                                     client::callback done)>;

/// Runs the load and waits for what is open at its end. Fails only if it could not be run.
[[nodiscard]] result<open_loop_result> run_open_loop(const open_call& call,
                                                     const open_loop_options& options);

} // namespace troupe::bench
