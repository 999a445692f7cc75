#pragma once

#include "seams/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace troupe {

/// From when on a lane that stands is told of, and given up.
struct watch_limits {
  std::chrono::milliseconds slow{2'000};   ///< then it is flagged; at least 1 ms
  std::chrono::milliseconds stuck{30'000}; ///< then its process ends; longer than `slow`
};

/// What is seen of a lane at one moment.
struct lane_sight {
  std::int64_t business_since_ns = 0; ///< since when business code runs (turn_note); 0: none does
  std::uint64_t rounds = 0;           ///< it has made
  bool has_mail = false;
  bool excused = false; ///< it may stand: it opens or closes a part, or its lease is over
};

/// Whether a lane stands still: in one call of business code, or outside of it though it has mail.
/// Only time in which it was looked at counts, so that a process that was suspended, or a machine
/// that was too busy to look, blames nobody. A pure state machine: sights and time in.
class lane_watch {
public:
  enum class state : std::uint8_t { moving, slow, stuck };
  /// Longest time between two looks that counts whole.
  static constexpr std::chrono::milliseconds look_max{1'000};

  explicit lane_watch(watch_limits limits) : limits_(limits) {}

  /// The state, after this look.
  state look(const lane_sight& seen, monotonic_time now) {
    const auto since_last = looked_ ? std::min<monotonic_time::duration>(now - last_, look_max)
                                    : monotonic_time::duration{};
    const bool in_business = seen.business_since_ns != 0;
    const bool stands = in_business || (seen.has_mail && !seen.excused);
    const bool as_before = looked_ && stands && stood_ && in_business == in_business_ &&
                           (in_business ? seen.business_since_ns == before_.business_since_ns
                                        : seen.rounds == before_.rounds);
    standing_ = as_before ? standing_ + since_last : monotonic_time::duration{};
    before_ = seen;
    last_ = now;
    stood_ = stands;
    in_business_ = in_business;
    looked_ = true;
    return is();
  }

  [[nodiscard]] state is() const {
    if (standing_ >= limits_.stuck) return state::stuck;
    return standing_ >= limits_.slow ? state::slow : state::moving;
  }
  [[nodiscard]] std::chrono::milliseconds standing() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(standing_);
  }
  [[nodiscard]] bool in_business() const { return in_business_; } ///< as of the last look

private:
  watch_limits limits_;
  lane_sight before_;
  monotonic_time last_;
  monotonic_time::duration standing_{};
  bool stood_ = false;
  bool in_business_ = false;
  bool looked_ = false;
};

} // namespace troupe
