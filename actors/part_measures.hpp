#pragma once

#include "messages/error.hpp"
#include "messages/histogram.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace troupe {

/// What one shard or view measures of its work. Written by its lane alone, read by anyone; what
/// nobody scrapes costs a few plain stores.
struct part_measures {
  static constexpr std::size_t codes = static_cast<std::size_t>(errc::internal) + 1;

  time_histogram command;    ///< from its arrival at the lane until its answer left
  time_histogram commit;     ///< of the journal
  count_histogram records;   ///< of one commit
  time_histogram policy_lag; ///< from an event until all reactions to it were answered
  time_histogram view_lag;   ///< from an event until the rows had it
  std::array<std::atomic<std::uint64_t>, codes> refused{}; ///< requests, by error code

  void note_refusal(errc code) {
    auto& count = refused[static_cast<std::size_t>(code)];
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
};

} // namespace troupe
