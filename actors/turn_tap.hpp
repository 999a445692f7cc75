#pragma once

#include "messages/ids.hpp"
#include "messages/trace_context.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// A turn as it is told to whoever listens: what it was, not what it said.
struct tapped_turn {
  std::int64_t time_ms = 0;
  std::string context;
  aggregate_id aggregate;
  std::string command;
  command_id id;
  std::string_view outcome;         ///< "accepted", "rejected" or "asked"
  std::string_view kind;            ///< "command", "settle" or "compensate"
  std::chrono::nanoseconds took{0}; ///< its business code
  std::string correlation;
  trace_context trace;
};

/// Those who want a turn: a bit for each place, as of a moment. Whoever got a place since is not
/// meant.
struct tap_listeners {
  std::uint64_t places = 0;
  std::uint64_t as_of = 0;
};

/// Somebody who may listen to turns. Shards ask `wanted` once a round, and say nothing more while
/// it is false.
///
/// Thread rules: every method from any lane's thread.
class turn_tap {
public:
  virtual ~turn_tap() = default;
  [[nodiscard]] bool wanted() const { return wanted_.load(std::memory_order_relaxed); }
  /// Who wants the next turn of a context: sampled and counted. No places: nobody, and it need not
  /// be described.
  [[nodiscard]] virtual tap_listeners who_wants(std::string_view context) = 0;
  /// A turn that these listeners want; it is committed.
  virtual void tell(const tap_listeners& listeners, const tapped_turn& turn) = 0;

protected:
  std::atomic<bool> wanted_{false};
};

} // namespace troupe
