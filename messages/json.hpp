#pragma once

#include "messages/error.hpp"
#include "messages/value.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace troupe {

/// Limits on JSON from outside (docs/protocol.md, "Limits").
struct json_limits {
  std::size_t bytes_max = 256 * 1024;
  std::uint32_t depth_max = 32;
};

/// Parses one JSON text. Refuses bad UTF-8, duplicate keys, numbers that do not fit, too deep and
/// too long input, and anything behind the text; the error says where.
[[nodiscard]] result<value> parse_json(std::string_view text, const json_limits& limits = {});

/// Compact JSON, or indented by two spaces for people.
[[nodiscard]] std::string to_json(const value& from, bool pretty = false);

} // namespace troupe
