#pragma once

#include "messages/descriptor.hpp"
#include "messages/value.hpp"
#include "supervisors/rules.hpp"

#include <functional>
#include <string_view>

namespace troupe {

/// The admin verbs about breakers (docs/protocol.md).

/// Answer to `breakers`: every direction, and what operators want. Of one asking or target context
/// if the arguments name it.
[[nodiscard]] result<value> show_breakers(const default_supervision_rules& rules,
                                          const value& arguments, monotonic_time now);

/// The descriptor of a context that the node runs; null if there is none.
using context_lookup = std::function<const context_info*(std::string_view name)>;

/// Does `breaker-mode`. `malformed` if an argument cannot be read, `unknown_context` if the node
/// does not run the asking context, `not_found` if that one never asks the target.
[[nodiscard]] result<value> set_breaker_mode(default_supervision_rules& rules,
                                             const context_lookup& known, const value& arguments,
                                             monotonic_time now);

} // namespace troupe
