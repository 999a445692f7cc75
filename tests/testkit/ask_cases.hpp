#pragma once

#include "testkit/troupe/testkit/simulated_node.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::test {

/// How to make one declared ask of a system happen, as often as wanted.
struct ask_case {
  std::string_view system;
  std::string asking;
  std::string target;
  std::string_view name;
  /// Brings the system to where the command can succeed, `ask_case::times` times.
  std::function<void(testkit::simulated_node&)> prepare;
  /// The command that asks, for the `nth` time, from 0.
  std::function<request(testkit::simulated_node&, std::int64_t nth)> make;

  static constexpr std::int64_t times = 40;
  [[nodiscard]] bool is_for(const context_info& asks, const ask_info& whom) const {
    return asking == asks.full_name() && target == whom.target && name == whom.command;
  }
};

/// One for each ask of the systems of this build; the test checks that none is forgotten.
[[nodiscard]] const std::vector<ask_case>& ask_cases();

} // namespace troupe::test
