#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::cli {

/// Text that is safe on a terminal: control characters (C0, DEL, C1), direction overrides and bytes
/// that are no UTF-8 come out as escapes such as \n, \x1b or \u202e.
[[nodiscard]] std::string plain_line(std::string_view from);

/// Columns a text takes on a terminal: wide characters (Hangul, CJK, emoji) count two, combining
/// marks none.
[[nodiscard]] std::size_t columns_of(std::string_view from);

/// RFC 3339 in UTC with milliseconds, e.g. "2026-11-20T13:15:04.123Z".
[[nodiscard]] std::string time_text(std::int64_t wall_ms);

/// For people: "850 ms", "12.3 s", "4 m 10 s", "3 h 5 m", "2 d 4 h".
[[nodiscard]] std::string duration_text(std::int64_t ms);

} // namespace troupe::cli
