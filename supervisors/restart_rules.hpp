#pragma once

#include "actors/supervision.hpp"
#include "seams/clock.hpp"
#include "seams/random.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>

namespace troupe {

/// How often, and how soon again, a failed child is started.
struct restart_settings {
  std::uint32_t immediate = 3;                        ///< restarts without delay …
  std::chrono::milliseconds immediate_in{10'000};     ///< … within that time
  std::chrono::milliseconds backoff_first{100};       ///< then this, doubling …
  std::chrono::milliseconds backoff_max{30'000};      ///< … up to this
  double jitter = 0.2;                                ///< of the backoff, either way
  std::uint32_t failures_max = 10;                    ///< so many …
  std::chrono::milliseconds failures_in{600'000};     ///< … within that time: quarantine
  std::chrono::milliseconds trial_first{600'000};     ///< a quarantine's first trial; doubles …
  std::chrono::milliseconds trial_max{6 * 3'600'000}; ///< … up to this
};

/// An aggregate is cheap to start and alone when it is quarantined: the patient defaults.
[[nodiscard]] restart_settings aggregate_restarts();

/// A restarting shard replays its journal's tail on a lane that other shards share, so only one
/// restart is immediate and the backoff starts higher. A quarantined shard takes all its aggregates
/// along, and its usual causes (full or slow disk) end by an operator's hand: its trials come after
/// 1 min instead of 10, and never more than 10 min apart.
[[nodiscard]] restart_settings shard_restarts();

/// The failures of one child under `restart_settings`.
///
/// A child that ran well for `immediate_in` after its last restart starts without delay again; one
/// that failed on its trial, or within `failures_in` after it, goes back into quarantine for twice
/// as long. Not thread-safe; its owner's lane calls it.
class restart_rule final : public restart_history {
public:
  restart_rule(const restart_settings& settings, std::unique_ptr<random_source> random);

  [[nodiscard]] restart_decision on_failure(monotonic_time now) override;
  [[nodiscard]] std::uint32_t failures() const override { return failures_; }

private:
  [[nodiscard]] restart_decision quarantine(monotonic_time now);
  [[nodiscard]] restart_decision restart(monotonic_time now);
  [[nodiscard]] std::uint32_t failures_since(monotonic_time from) const;

  restart_settings settings_;
  std::unique_ptr<random_source> random_;
  std::uint32_t failures_ = 0;
  std::deque<monotonic_time> recent_; ///< at most `failures_max`
  std::uint32_t backoffs_ = 0;        ///< in a row
  std::uint32_t quarantines_ = 0;     ///< in a row
  monotonic_time starts_at_;          ///< when the last decision lets it run again
};

} // namespace troupe
