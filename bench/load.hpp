#pragma once

#include "bench/histogram.hpp"
#include "bench/process.hpp"
#include "bench/workload.hpp"
#include "messages/error.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace troupe::bench {

/// How hard to press, and on what.
struct load_options {
  std::string endpoint;
  std::uint32_t connections = 1;
  std::uint32_t in_flight = 1024; ///< of all connections together; at least one each
  std::int64_t first_id = 1;      ///< aggregates are first_id, first_id + id_step, …
  std::int64_t id_step = 1;
  std::int64_t aggregates = 10'000;
  /// Not 0: end after so many calls instead of after a time; aggregates are then taken in turn.
  std::uint64_t calls = 0;
  std::chrono::milliseconds warm_up{2000};
  std::chrono::milliseconds duration{10'000};
  std::chrono::milliseconds call_deadline{10'000};
  process_id node;                       ///< whose processor time is measured, if known
  std::vector<process_id> other_nodes{}; ///< whose time is added to it
  std::uint64_t seed = 1;                ///< of the choice of aggregates
};

/// Calls that failed, by their code; also answers that were not the ones asked for.
using error_counts = std::map<std::string, std::uint64_t>;
inline constexpr const char* wrong_answer = "WRONG_ANSWER";

struct load_result {
  double seconds = 0;                  ///< measured, without the warm-up
  std::uint64_t completed = 0;         ///< successes in that time
  histogram latency_ns;                ///< of these
  error_counts errors;                 ///< of the whole run, warm-up included
  std::string first_error;             ///< its message
  std::optional<double> node_cpu_us;   ///< processor time per completed call
  std::optional<double> client_cpu_us; ///< the same of this process

  [[nodiscard]] bool clean() const { return errors.empty() && completed > 0; }
  [[nodiscard]] double per_second() const {
    return seconds > 0 ? static_cast<double>(completed) / seconds : 0;
  }
};

/// Runs a closed loop: each of `in_flight` callers sends its next call when the last was answered.
/// A caller whose call failed pauses for 10 ms; after 10,000 failures the run is given up. Fails
/// only if the load could not be run at all; failed calls are counted in the result.
[[nodiscard]] result<load_result> run_load(const workload& work, const load_options& options);

} // namespace troupe::bench
