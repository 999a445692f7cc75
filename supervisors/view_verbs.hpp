#pragma once

#include "messages/error.hpp"
#include "messages/value.hpp"
#include "supervisors/context_state.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// The admin verbs about views: whom they ask, and how the answers are put together.

/// The views that a verb speaks of: the one named by `context`, or, for `view-status` only, all.
/// `malformed` if none is named or it is no view; `context_down` if it is to be rebuilt and does
/// not run.
[[nodiscard]] result<std::vector<context_state*>>
views_asked(const std::vector<std::unique_ptr<context_state>>& contexts, std::string_view verb,
            const value& arguments);

/// `{items: […]}` in the order of the views, from what those that run said of themselves; for the
/// others what can be said without them.
[[nodiscard]] value merge_views(const std::vector<context_state*>& asked, std::vector<value> said);

/// Names of a view's sources that do not run, each with its state; empty if all do.
[[nodiscard]] std::string sources_down(const context_state& view,
                                       const std::vector<std::unique_ptr<context_state>>& contexts);

/// "up", "stopped", "failed", "recovering"; of a view that runs also "rebuilding".
[[nodiscard]] std::string_view state_of(const context_state& context);

} // namespace troupe
