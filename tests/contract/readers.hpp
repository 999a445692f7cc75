#pragma once

#include "actors/behaviour.hpp"
#include "tests/contract/contract.hpp"

#include <span>
#include <string>
#include <vector>

namespace troupe::test {

/// What today's business code cannot take of what was recorded, one sentence each: commands that an
/// aggregate does not know or cannot read, events that a policy or a view cannot read, answers that
/// the context that asked cannot read.
[[nodiscard]] std::vector<std::string> unread(std::span<const contract> goldens,
                                              std::span<const context_behaviour> behaviours);

} // namespace troupe::test
