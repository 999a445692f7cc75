#pragma once

#include <chrono>
#include <cstdint>

namespace troupe {

/// Times and amounts of the cluster's protocols. All on monotonic clocks.
struct cluster_timing {
  std::chrono::milliseconds lease{4'000}; ///< beats that stand still so long: the lease is over
  std::chrono::milliseconds renew_every{1'000};
  std::chrono::milliseconds serve_for{
      3'000}; ///< an owner serves so long after its last renewal began
  std::chrono::milliseconds move_pause{30'000}; ///< between two moves of one shard that may wait
  std::chrono::milliseconds gather{1'000}; ///< how long a first node waits for `expected_members`
  std::chrono::milliseconds suspect_for{3'000};      ///< a vote that stood so long counts
  std::chrono::milliseconds target_patience{10'000}; ///< of a hand-off whose target is not ready
  std::uint32_t expected_members = 1;
  std::uint32_t moves_at_once = 4; ///< hand-offs under way in the whole cluster
};

} // namespace troupe
