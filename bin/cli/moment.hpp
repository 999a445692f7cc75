#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <string_view>

namespace troupe::cli {

/// A point in an actor's story: a turn, or a time.
struct moment {
  bool is_time = false;
  std::int64_t number = 0; ///< the turn's, or milliseconds since 1970
};

/// Reads "17" (a turn), "-5m" (so long before now) or RFC 3339 with a zone, such as
/// "2026-11-20T13:15:04Z" or "2026-11-20T14:15:04.5+01:00"; else `malformed`.
[[nodiscard]] result<moment> parse_moment(std::string_view text, std::int64_t now_ms);

} // namespace troupe::cli
