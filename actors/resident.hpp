#pragma once

#include "actors/actor_runtime.hpp"
#include "actors/supervision.hpp"
#include "seams/clock.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

namespace troupe {

class aggregate_cell;
struct work;

/// What is kept of an aggregate that failed; most never do.
struct trouble {
  std::unique_ptr<restart_history> history;
  std::string last_error;
  monotonic_time not_before; ///< of the restart or the quarantine's next trial
  std::uint32_t restarts = 0;
};

/// What the shard keeps of an aggregate whose actor is in memory or was lately (restarts).
struct resident {
  actor_handle actor;               ///< empty while it waits for its restart or is quarantined
  aggregate_cell* inside = nullptr; ///< owned by the actor; null when that ended
  work* current = nullptr;          ///< the turn it is in: the culprit if it fails
  std::unique_ptr<std::deque<work*>> waiting; ///< while an ask is open or a restart is due
  std::unique_ptr<trouble> failed;            ///< made by the first failure
  monotonic_time last_used;
  std::uint32_t handled = 0;    ///< since it is resident
  std::uint32_t bytes = 0;      ///< of the works told or parked here
  std::uint32_t sample = 0;     ///< its row in the last sample of `shard_watch`
  std::uint16_t in_mailbox = 0; ///< below `shard_limits::waiting_per_aggregate`
  bool asking = false;
  bool used = true; ///< since the sweep last passed
};
static_assert(sizeof(resident) <= 64, "one cache line for each aggregate in memory");

} // namespace troupe
