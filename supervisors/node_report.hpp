#pragma once

#include "messages/value.hpp"
#include "seams/clock.hpp"
#include "supervisors/context_state.hpp"
#include "supervisors/rules.hpp"
#include "supervisors/watchdog.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// What a node says of itself: read from atomics only, so it answers even when lanes are stuck.
struct node_report {
  const std::string& name;
  const std::string& build_id;
  const std::vector<std::unique_ptr<context_state>>& contexts;
  const std::vector<std::unique_ptr<lane>>& lanes;
  const default_supervision_rules& rules;
  const clock& time;
  monotonic_time started;
  const std::vector<std::pair<std::string, std::function<value()>>>& more;
  const watchdog* watch = nullptr; ///< null: not started

  [[nodiscard]] value status() const;
  [[nodiscard]] value tree() const;
  [[nodiscard]] static std::string build();
};

/// Puts the listings of several shards together: ordered as they came, at most `limit` items.
[[nodiscard]] value merge_actors(std::vector<value> said, std::size_t limit);

} // namespace troupe
