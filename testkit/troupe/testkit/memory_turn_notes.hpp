#pragma once

#include "persistence/turn_notes.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::testkit {

/// Turn notes of a process that a test ends and starts again.
class memory_turn_notes final : public turn_notes {
public:
  [[nodiscard]] turn_note* slot(std::uint32_t lane) override { return &slots_.at(lane); }
  [[nodiscard]] std::vector<noted_death> deaths(std::string_view context,
                                                shard_number shard) const override {
    std::vector<noted_death> found;
    for (const auto& each : left_) {
      if (each.context == context && each.shard == shard) found.push_back(each.of);
    }
    return found;
  }
  /// The process ends at this very moment: what runs now is left behind.
  void end_here(int signal = 0) {
    for (const auto& each : slots_) {
      if (each.since_ns.load() == 0) continue;
      left_.push_back({each.context.data(),
                       {each.shard},
                       {{each.epoch},
                        {each.command_high, each.command_low},
                        {each.aggregate},
                        each.name.data(),
                        signal,
                        each.stack_hash}});
    }
  }

private:
  struct left_note {
    std::string context;
    shard_number shard;
    noted_death of;
  };
  std::array<turn_note, 8> slots_;
  std::vector<left_note> left_;
};

} // namespace troupe::testkit
