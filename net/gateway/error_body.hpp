#pragma once

#include "messages/error.hpp"
#include "seams/clock.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::gateway {

/// Where and when a request failed.
struct failure_place {
  std::string_view path; ///< as `shown_path` makes it
  wall_ms now = 0;
  std::uint16_t status = 0; ///< 0: the one of the error table
};

/// `{timestamp, status, error, message, path, code, outcome}`.
[[nodiscard]] std::string error_body(const error& failure, const failure_place& where);

/// "Not Found" for 404; "Error" for numbers without a phrase.
[[nodiscard]] std::string_view reason_phrase(std::uint16_t status);

/// `2026-01-31T12:00:00.000Z`.
[[nodiscard]] std::string iso_time(wall_ms at);

/// Whole seconds for `Retry-After`, at least 1.
[[nodiscard]] std::int32_t retry_after_seconds(const error& failure);

} // namespace troupe::gateway
