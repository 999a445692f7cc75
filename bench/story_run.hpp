#pragma once

#include "bench/load.hpp"
#include "bench/process.hpp"
#include "bench/story.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace troupe::bench {

/// Stories of one run, whatever it was told: each is audited, and so noted down.
inline constexpr std::uint64_t stories_max = 1'000'000;

struct story_options {
  std::string endpoint;
  std::uint32_t connections = 1;
  std::uint32_t users = 64; ///< of all connections together; at least one each
  /// Not 0: end after so many stories instead of after a time; at most `stories_max`.
  std::uint64_t stories = 0;
  std::chrono::milliseconds warm_up{2000};
  std::chrono::milliseconds duration{10'000};
  std::chrono::milliseconds call_deadline{10'000};
  std::chrono::milliseconds patience{20'000}; ///< with what comes by itself
  process_id node;                            ///< whose processor time is measured, if known
  std::uint64_t seed = 1;
};

struct story_result {
  double seconds = 0;  ///< measured, without the warm-up
  tally figures;       ///< of what ended in that time
  error_counts errors; ///< stories that failed in the whole run, by the code of the step
  std::string first_error;
  std::uint64_t told = 0;            ///< stories that came out in the whole run
  bool all_ended = true;             ///< false: some were given up, and may still move
  std::optional<double> node_cpu_us; ///< processor time per story told in the measured time
  std::optional<double> client_cpu_us;

  [[nodiscard]] std::uint64_t completed() const { return figures.story_ns.count(); }
  [[nodiscard]] double per_second() const {
    return seconds > 0 ? static_cast<double>(completed()) / seconds : 0;
  }
};

/// Lets every user live one story after another until the time is over, and then end the last one.
/// A user whose story failed pauses for 10 ms; after 10,000 failures the run is given up. Fails
/// only if no story could be begun at all; stories that failed are counted in the result.
[[nodiscard]] result<story_result> run_stories(scenario& from, const story_options& options);

} // namespace troupe::bench
