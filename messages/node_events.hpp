#pragma once

#include <string_view>

namespace troupe {

/// Subscribed to like a context, it is what happens on the node that is asked (docs/protocol.md,
/// "Events of a node").
inline constexpr std::string_view node_events = "node.events";

} // namespace troupe
