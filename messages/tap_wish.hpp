#pragma once

#include "messages/error.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// Subscribed to like a context, it is a sample of the turns of the node that is asked
/// (docs/protocol.md, "A tap").
inline constexpr std::string_view node_tap = "node.tap";

/// Which turns of a node somebody wants to hear of, and for how long.
struct tap_wish {
  static constexpr std::uint32_t most_per_s_max = 1'000;
  static constexpr std::chrono::milliseconds for_max{300'000};

  std::string context = "*"; ///< a pattern: `*` stands for any text, `?` for one character
  double sample = 1.0;       ///< share of these turns, over 0 to 1
  std::uint32_t most_per_s = 100;
  std::chrono::milliseconds lasts{30'000};
  std::uint32_t credit = 256; ///< events it may be sent before it grants more
};

/// As the payload of a subscribe request.
[[nodiscard]] std::string encode_tap_wish(const tap_wish& from);
/// `malformed`, and what is allowed, for what is out of range.
[[nodiscard]] result<tap_wish> decode_tap_wish(std::string_view payload);

/// Whether a text fits a pattern of `*` and `?`.
[[nodiscard]] bool fits_pattern(std::string_view pattern, std::string_view text);

} // namespace troupe
