#pragma once

#include "messages/ids.hpp"
#include "messages/trace_context.hpp"
#include "persistence/turn_note.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// What ran in a shard when a process that had it open ended.
struct noted_death {
  epoch_number epoch; ///< of that opening of the shard
  command_id command;
  aggregate_id aggregate;
  std::string name;        ///< of the command or whatever else ran
  std::int32_t signal = 0; ///< 0: none that could be noted
  std::uint64_t stack_hash = 0;
  trace_context trace{}; ///< which one, no more
};

/// The notes of a process's lanes (`turn_note`), and those that ended processes left behind.
/// Thread-safe.
class turn_notes {
public:
  virtual ~turn_notes() = default;
  /// Where a lane of this process notes what it is about; null: there is no place for it. Valid as
  /// long as this.
  [[nodiscard]] virtual turn_note* slot(std::uint32_t lane) = 0;
  /// What ran in the shard when processes ended, oldest opening first.
  [[nodiscard]] virtual std::vector<noted_death> deaths(std::string_view context,
                                                        shard_number shard) const = 0;
};

} // namespace troupe
