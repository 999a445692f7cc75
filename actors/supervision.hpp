#pragma once

#include "messages/error.hpp"
#include "seams/clock.hpp"

#include <chrono>
#include <memory>
#include <string_view>

namespace troupe {

/// The rules that shards obey when something fails. Declared here because the runtime calls them,
/// implemented in supervisors/, which is above it.

/// What a supervisor does about a child that failed.
struct restart_decision {
  enum class action : std::uint8_t { restart, quarantine };
  action what = action::restart;
  std::chrono::milliseconds delay{0}; ///< before the restart, or before the quarantine's next trial
};

/// The failures of one child. Not thread-safe; made on a child's first failure.
class restart_history {
public:
  virtual ~restart_history() = default;
  [[nodiscard]] virtual restart_decision on_failure(monotonic_time now) = 0;
  [[nodiscard]] virtual std::uint32_t failures() const = 0; ///< since it was made
};

/// How a guarded ask ended, for the breaker's statistics.
enum class ask_end : std::uint8_t {
  success,
  failure, ///< no answer in time, or the callee could not work
  ignored  ///< the business refused, or nobody waited any more: says nothing about the callee
};

/// Stands between a context and one it asks: breaker and in-flight limit (bulkhead).
/// Thread-safe: the lanes of the asking context share it.
class ask_guard {
public:
  virtual ~ask_guard() = default;
  /// Lets an ask pass (then `done` must follow exactly once) or refuses it at once with
  /// `circuit_open` or `overloaded`.
  [[nodiscard]] virtual result<void> admit(monotonic_time now) = 0;
  virtual void done(ask_end how, std::chrono::milliseconds took, monotonic_time now) = 0;
};

/// Makes the rules; one per node.
class supervision_rules {
public:
  virtual ~supervision_rules() = default;
  [[nodiscard]] virtual std::unique_ptr<restart_history> new_aggregate_history() = 0;
  [[nodiscard]] virtual std::unique_ptr<restart_history> new_shard_history() = 0;
  /// The guard of one direction, the same object for the same pair.
  [[nodiscard]] virtual std::shared_ptr<ask_guard> guard(std::string_view asking_context,
                                                         std::string_view target_context,
                                                         std::chrono::milliseconds timeout) = 0;
};

} // namespace troupe
