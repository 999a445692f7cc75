#pragma once

#include "bin/cli/command_table.hpp"

#include <vector>

namespace troupe::cli {

/// The commands of actor-inspector that look at what runs: top, states, shards, policies, taps.
[[nodiscard]] std::vector<tool_command> top_commands();
[[nodiscard]] std::vector<tool_command> actor_state_table();
[[nodiscard]] std::vector<tool_command> shard_table();
[[nodiscard]] std::vector<tool_command> tap_commands();

/// view ls, show and rebuild, which both tools have; `tool` is the one of the examples.
[[nodiscard]] std::vector<tool_command> view_commands(std::string_view tool);

} // namespace troupe::cli
