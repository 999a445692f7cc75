#pragma once

#include "messages/value.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe {

/// An argument of an admin verb as a number; `otherwise` if it is missing or no integer.
[[nodiscard]] inline std::int64_t number_in(const value& from, std::string_view key,
                                            std::int64_t otherwise) {
  const auto* held = from.find(key);
  const auto* number = held != nullptr ? held->get_if<std::int64_t>() : nullptr;
  return number != nullptr ? *number : otherwise;
}

/// An argument as a text; empty if it is missing or no text.
[[nodiscard]] inline std::string text_in(const value& from, std::string_view key) {
  const auto* held = from.find(key);
  const auto* text = held != nullptr ? held->get_if<std::string>() : nullptr;
  return text != nullptr ? *text : std::string{};
}

} // namespace troupe
