#pragma once

#include "actors/supervision.hpp"
#include "seams/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace troupe {

/// Which children of a supervisor begin again when one of them failed.
enum class restart_strategy : std::uint8_t {
  one_for_one, ///< that one: they do not depend on each other
  one_for_all, ///< all of them: each depends on all others
  rest_for_one ///< that one and those started after it, which depend on it
};
[[nodiscard]] std::string_view name_of(restart_strategy strategy);

/// What stands below what in a node, and the strategy of each level: the one place that says so.
enum class tree_level : std::uint8_t {
  node,    ///< its systems
  system,  ///< its families: a context with its companions
  family,  ///< the contexts of one: companions work on what their context does, not the other way
  context, ///< its shards and views
  shard    ///< journal, memory and aggregates: they mirror each other, so they begin again together
};
[[nodiscard]] constexpr restart_strategy strategy_of(tree_level level) {
  switch (level) {
  case tree_level::node:
  case tree_level::system:
  case tree_level::context:
    break;
  case tree_level::family:
    return restart_strategy::rest_for_one;
  case tree_level::shard:
    return restart_strategy::one_for_all;
  }
  return restart_strategy::one_for_one;
}

/// What a supervisor does about a child that failed.
struct restart_order {
  bool give_up = false;               ///< it failed too often: the supervisor fails itself
  std::chrono::milliseconds delay{0}; ///< until it and `affected` siblings begin again
  std::vector<std::size_t> stop;      ///< siblings, now, in this order: last started first
};

/// The children of one supervisor under a strategy: which begin again, when, and when that is given
/// up. Each child has a history of its own, so that one which fails now and then does not use up
/// the patience that another needs. No I/O; belongs to its supervisor.
class supervised_group {
public:
  using new_history = std::function<std::unique_ptr<restart_history>()>;

  supervised_group(restart_strategy strategy, std::size_t children, new_history make);

  [[nodiscard]] restart_order on_failure(std::size_t child, monotonic_time now);
  /// Which begin again when that child does, in the order they were started.
  [[nodiscard]] std::vector<std::size_t> affected(std::size_t child) const;
  /// An operator's start: what was before is forgotten.
  void forgive(std::size_t child) { histories_[child].reset(); }
  [[nodiscard]] std::size_t size() const { return histories_.size(); }

private:
  restart_strategy strategy_;
  new_history make_;
  std::vector<std::unique_ptr<restart_history>> histories_; ///< made on the first failure
};

} // namespace troupe
