#pragma once

#include "actors/lane.hpp"
#include "messages/value.hpp"
#include "seams/clock.hpp"
#include "seams/process_usage.hpp"
#include "supervisors/context_state.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace troupe {

/// How busy a process was: processor time over the last second, or over the time since it was last
/// asked if that is longer; asked more often it says the same again, so that several who ask do not
/// disturb each other. Thread-safe.
class cpu_meter {
public:
  static constexpr std::chrono::milliseconds interval{1'000};
  using source = std::function<std::chrono::nanoseconds()>;

  explicit cpu_meter(const clock& time, source used = process_cpu_time)
      : time_(time), used_(std::move(used)), base_(time.monotonic()), base_used_(used_()) {}

  /// Of one core = 100, so up to 100 times the cores; nothing in the first second.
  [[nodiscard]] std::optional<double> percent();

private:
  const clock& time_;
  source used_;
  std::mutex mutex_;
  monotonic_time base_;
  std::chrono::nanoseconds base_used_;
  std::optional<double> percent_;
};

/// The block `load` of a node's status (docs/protocol.md), from atomics only.
[[nodiscard]] value load_of(cpu_meter& cpu, const std::vector<std::unique_ptr<lane>>& lanes,
                            const std::vector<std::unique_ptr<context_state>>& contexts,
                            monotonic_time now);

} // namespace troupe
