#pragma once

#include "messages/descriptor.hpp"
#include "messages/value.hpp"

#include <string_view>

namespace troupe {

/// What stands in place of a sensitive field's value, whoever looks.
inline constexpr std::string_view redacted_text = "[redacted]";

/// Replaces what the fields hold that `of` declares sensitive, at any depth: of a state, a command,
/// an event, a reply. A null stays one. Every verb that shows people what callers sent or what
/// aggregates hold goes through here, and searches only what comes out of it.
void redact(const context_info& of, value& shown);

/// A payload of `of` (msgpack) as inspection shows it; null if it cannot be read.
[[nodiscard]] value shown_payload(const context_info& of, std::string_view payload);

} // namespace troupe
