#pragma once

#include "actors/actor_samples.hpp"
#include "actors/turn_times.hpp"
#include "seams/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// What a shard keeps while somebody looks at its actors (`top`), and for a minute after: samples
/// of their figures and the times of their turns. Nobody looking: there is none, and a turn pays
/// one comparison for it.
struct shard_watch {
  static constexpr std::chrono::seconds kept_for{60}; ///< after the last look
  /// A sample so young serves whoever looks next: ten watchers cost as much as one.
  static constexpr std::chrono::milliseconds fresh_for{100};

  actor_samples samples;
  turn_times times;
  monotonic_time last_look;
  bool sampling = false;              ///< a sample is being taken
  bool with_memory = false;           ///< it estimates states
  bool has_memory = false;            ///< the last one did
  std::chrono::nanoseconds worked{0}; ///< of the lane, since somebody was told of it
  std::size_t hand = 0;               ///< how far it is, of the residents
  std::vector<std::uint64_t> lookers; ///< requests put aside until it is there
  std::string scratch;                ///< for states that are measured
};

} // namespace troupe
