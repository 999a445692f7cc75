#pragma once

#include "messages/value.hpp"

#include <optional>

namespace troupe::gateway {

/// What turns one picture into another as a JSON merge patch (RFC 7396): members that changed, null
/// for those that are gone; anything but objects is replaced whole. Without a value if nothing
/// changed. A member that is null counts as one that is not there.
[[nodiscard]] std::optional<value> merge_patch(const value& from, const value& to);

/// The other way: `onto` with the patch applied.
void apply_patch(value& onto, const value& patch);

} // namespace troupe::gateway
