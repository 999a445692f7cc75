#pragma once

#include "bin/cli/cluster.hpp"
#include "bin/cli/tool.hpp"
#include "messages/value.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::cli {

/// The nodes, or the data directory that `--data` names in their place.
[[nodiscard]] result<std::unique_ptr<cluster>> reach(command_call& call);
/// Asks any node; the failure tells what (`what`) could not be done.
[[nodiscard]] std::variant<value, failure> ask(command_call& call, const std::string& what,
                                               const char* verb, value arguments);
/// The items of a node's listing, and how many there are in all; none if it has none.
[[nodiscard]] value::array items_of(const value& answer);
[[nodiscard]] value total_of(const value& answer);

/// What the nodes of a cluster answered to one admin verb.
struct nodes_said {
  struct said {
    std::string node;
    value answer;
  };
  struct silence {
    std::string node;
    error why;
  };
  std::vector<said> answers; ///< in the order of the cluster's members
  std::vector<silence> silent;

  /// What a command that only shows ends with.
  [[nodiscard]] exit_code end() const {
    return silent.empty() ? exit_code::done : exit_code::partly_done;
  }
  /// The items of `list` in all answers, each with a member `node`.
  [[nodiscard]] value::array items(std::string_view list) const;
};

/// Asks every node of the cluster the same, one after the other. A failure if nobody answered; who
/// did not is also said to the user on stderr, because what is shown then is not all.
[[nodiscard]] std::variant<nodes_said, failure> ask_every_node(command_call& call,
                                                               const std::string& what,
                                                               std::string_view verb,
                                                               const value& arguments);

} // namespace troupe::cli
