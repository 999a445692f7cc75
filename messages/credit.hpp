#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// Payload of a credit request: that many more events may be pushed to the subscription.
inline constexpr std::uint32_t credit_max = 65'536; ///< of one grant, and unused in total

[[nodiscard]] std::string encode_credit(std::uint32_t events);
[[nodiscard]] result<std::uint32_t> decode_credit(std::string_view payload);

} // namespace troupe
