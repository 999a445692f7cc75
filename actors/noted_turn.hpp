#pragma once

#include "messages/ids.hpp"
#include "messages/trace_context.hpp"
#include "persistence/turn_note.hpp"
#include "seams/clock.hpp"

#include <algorithm>
#include <atomic>
#include <string_view>

namespace troupe {

/// Whose business code runs, for as long as it lives.
struct turn_subject {
  std::string_view context; ///< full name
  shard_number shard;
  epoch_number epoch;
  aggregate_id aggregate;
  command_id command;
  std::string_view name; ///< of the command, or of what else runs
  trace_context trace{};
};

/// Notes that business code runs, until the end of its scope, however that is left; what ends the
/// process leaves the note behind.
class noted_turn {
public:
  noted_turn(turn_note& note, const turn_subject& of, monotonic_time now) : note_(note) {
    note_.epoch = of.epoch.value;
    note_.shard = of.shard.value;
    note_.signal = 0;
    note_.stack_hash = 0;
    note_.command_high = of.command.high;
    note_.command_low = of.command.low;
    note_.aggregate = of.aggregate.number;
    note_.trace_high = of.trace.trace_high;
    note_.trace_low = of.trace.trace_low;
    turn_note::put(note_.context, of.context);
    turn_note::put(note_.name, of.name);
    // The lane's time stands still during a round: no two calls may look like one.
    const std::chrono::nanoseconds since = now.time_since_epoch();
    note_.last_ns = std::max<std::int64_t>(since.count(), note_.last_ns + 1);
    note_.since_ns.store(note_.last_ns, std::memory_order_release);
  }
  ~noted_turn() { note_.since_ns.store(0, std::memory_order_release); }
  noted_turn(const noted_turn&) = delete;
  noted_turn& operator=(const noted_turn&) = delete;

private:
  turn_note& note_;
};

} // namespace troupe
