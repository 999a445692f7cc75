#pragma once

#include "messages/error.hpp"
#include "messages/ids.hpp"
#include "messages/trace_context.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::gateway {

inline constexpr std::size_t idempotency_key_bytes_max = 200;

/// Printable ASCII, spaces included.
[[nodiscard]] bool is_printable(std::string_view text);

/// `http://host` out of a Host header, for links; empty for an empty one. Refuses (`malformed`)
/// what is no host name, address or port, because it would be copied into answers.
[[nodiscard]] result<std::string> link_base(std::string_view host);

/// JSON, or nothing said: anything else is `malformed`.
[[nodiscard]] result<void> check_content_type(std::string_view content_type);

/// The command id that an Idempotency-Key stands for on this method and path.
[[nodiscard]] result<command_id> keyed_command(std::string_view scope, std::string_view key);

/// `X-Deadline-Ms`: 1 to 60,000.
[[nodiscard]] result<std::chrono::milliseconds> read_deadline(std::string_view text);

/// The trace that a request says it belongs to, by a W3C `traceparent`; not given if it says
/// nothing that can be used: a trace must never be the reason to refuse a request.
[[nodiscard]] trace_context caller_trace(std::string_view traceparent);

/// The caller's own name for its request: a usable `X-Correlation-Id`, else the id of its trace;
/// none if neither can be used.
[[nodiscard]] std::optional<std::string> caller_correlation(std::string_view correlation_id,
                                                            const trace_context& trace);

} // namespace troupe::gateway
