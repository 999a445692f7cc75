#pragma once

#include "messages/ids.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace troupe {

/// What a lane is about at this moment: written before business code runs, taken back after it.
///
/// It lies in memory that outlives the process, so that whoever opens the shard next learns which
/// command took the process down, and a watchdog reads it meanwhile from another thread. Writing
/// costs some nanoseconds; nothing is synced, because what it tells about is a death of the
/// process, not of the machine.
struct turn_note {
  static constexpr std::size_t text_max = 128;

  /// Since when business code runs, in nanoseconds of the monotonic clock; 0: none does. Written
  /// last and taken back first, so the rest is valid while it is not 0.
  std::atomic<std::int64_t> since_ns{0};
  std::int64_t last_ns = 0; ///< the value `since_ns` had last: no two calls have the same
  std::uint64_t epoch = 0;  ///< of the shard's opening: no two lives of a shard share one
  std::uint32_t shard = 0;
  std::int32_t signal = 0;      ///< that ended the process; 0: none that could be noted
  std::uint64_t stack_hash = 0; ///< of where that was; 0: not known
  std::uint64_t command_high = 0;
  std::uint64_t command_low = 0;
  std::int64_t aggregate = 0;
  std::uint64_t trace_high = 0; ///< of the command; 0 with the next: it has none
  std::uint64_t trace_low = 0;
  std::array<char, text_max> context{}; ///< full name, cut if longer, ends with a zero
  std::array<char, text_max> name{};    ///< of the command or whatever else runs

  /// Most of the time it is there already: a lane runs the same kinds of commands over and over.
  static void put(std::array<char, text_max>& to, std::string_view text) {
    const auto length = std::min(text.size(), text_max - 1);
    if (to[length] == '\0' && std::memcmp(to.data(), text.data(), length) == 0) return;
    std::memcpy(to.data(), text.data(), length);
    to[length] = '\0';
  }
};

/// The note of the lane that runs on this thread, for what catches a fatal signal; null: none.
inline thread_local turn_note* own_turn_note = nullptr;

} // namespace troupe
