#pragma once

#include "actors/fallback_places.hpp"
#include "messages/error.hpp"
#include "seams/clock.hpp"

#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
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
  /// It answered and refused for reasons that lie in the request: it works. Of probes that is a
  /// success; otherwise it is not counted, so that many refusals do not hide failures.
  declined,
  ignored ///< refused to protect somebody, or nobody waited any more: says nothing about the callee
};

/// Reads and changes of one callee fail in their own ways, so they have breakers of their own.
enum class operation_class : std::uint8_t { command, query };
[[nodiscard]] constexpr std::string_view name_of(operation_class operation) {
  return operation == operation_class::command ? "command" : "query";
}

/// What a breaker is for: not a whole context, because the owner of one of its shards may be sick
/// while the others are well.
struct ask_direction {
  std::string asking; ///< context
  std::string target; ///< context
  std::string owner;  ///< node that has the asked shard; empty: nobody known
  operation_class operation = operation_class::command;
  auto operator<=>(const ask_direction&) const = default;
};

/// An ask that was let pass; given back with its end.
struct ask_permit {
  std::uint64_t generation = 0; ///< of the breaker's state: of an earlier one nothing is learnt
};

/// Stands between a context and one it asks: breaker and in-flight limit (bulkhead).
/// Thread-safe: the lanes of the asking context share it.
class ask_guard {
public:
  virtual ~ask_guard() = default;
  /// Lets an ask pass (then `done` must follow exactly once) or refuses it at once with
  /// `circuit_open` or `overloaded`.
  [[nodiscard]] virtual result<ask_permit> admit(monotonic_time now) = 0;
  virtual void done(ask_permit passed, ask_end how, std::chrono::milliseconds took,
                    monotonic_time now) = 0;
  /// Of the declared fallbacks that are taken in place of answers in this direction.
  [[nodiscard]] fallback_places& fallbacks() { return fallbacks_; }
  [[nodiscard]] const fallback_places& fallbacks() const { return fallbacks_; }

private:
  fallback_places fallbacks_;
};

/// Something that people, dashboards and other programs want to hear of: a breaker's transition, a
/// restart, a quarantine, a dead letter, an action of self-healing.
struct supervision_event {
  std::string kind;    ///< e.g. "breaker-opened"; docs/supervision.md lists them
  std::string subject; ///< whom it is about, e.g. "taxi.call/7" or "siren.order -> siren.product"
  std::string text;    ///< one sentence with the numbers behind it
  std::int64_t time_ms = 0; ///< wall clock; 0: when it is told
};

/// Makes the rules; one per node.
class supervision_rules {
public:
  virtual ~supervision_rules() = default;
  [[nodiscard]] virtual std::unique_ptr<restart_history> new_aggregate_history() = 0;
  [[nodiscard]] virtual std::unique_ptr<restart_history> new_shard_history() = 0;
  /// The guard of one direction, the same object for equal ones.
  [[nodiscard]] virtual std::shared_ptr<ask_guard> guard(const ask_direction& which,
                                                         std::chrono::milliseconds timeout) = 0;
  /// Tells everybody who listens to this node. From any thread; cheap, does not block.
  virtual void happened(supervision_event what) = 0;
};

} // namespace troupe
