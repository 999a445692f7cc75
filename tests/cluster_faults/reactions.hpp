#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace troupe::test {

/// Which events of a context, and the context whose policy handles each of them.
struct reaction_rule {
  std::string source;
  std::string event;
  std::string consumer;
};

struct reaction_count {
  std::size_t events = 0;
  std::vector<std::string> findings; ///< events handled never or more than once, one sentence each
};

/// Compares the events in the journals of `source` with the causes in those of `consumer`: each
/// must be there exactly once. The nodes may run, but all must be quiet.
[[nodiscard]] reaction_count count_reactions(const std::filesystem::path& data,
                                             const reaction_rule& rule);

} // namespace troupe::test
