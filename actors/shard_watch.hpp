#pragma once

#include "actors/actor_samples.hpp"
#include "actors/top_wanted.hpp"
#include "actors/turn_times.hpp"
#include "messages/value.hpp"
#include "seams/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
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

  struct looker {
    std::uint64_t request = 0; ///< put aside
    top_wanted wants;
    monotonic_time came;
  };
  /// The answer to a looker, built in pieces. Its rows stay while no sample is begun.
  struct answer_begun {
    looker to;
    std::vector<const actor_samples::row*> rows; ///< to be shown
    std::size_t next = 0;                        ///< of them
    value::array items;
  };

  actor_samples samples;
  turn_times times;
  monotonic_time last_look;
  /// The largest that was wanted within a minute, so that one who wants a short window leaves the
  /// others theirs.
  std::chrono::milliseconds window{0};
  monotonic_time window_wanted;
  bool at_work = false;               ///< a chore takes a sample or answers lookers
  bool sampling = false;              ///< a sample is being taken
  bool has_sample = false;            ///< one was taken
  bool with_memory = false;           ///< it estimates states
  bool has_memory = false;            ///< the last one did
  std::chrono::nanoseconds worked{0}; ///< of the lane, since somebody was told of it
  std::size_t hand = 0;               ///< how far it is, of the residents
  std::vector<looker> lookers;        ///< answered one after the other
  std::optional<answer_begun> answering;
  std::string scratch; ///< for states that are measured
};

} // namespace troupe
