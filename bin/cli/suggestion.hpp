#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cli {

/// The name that was most likely meant, or empty if none is close: differs in case only, begins
/// with what was typed, or is at most a third of its letters away.
[[nodiscard]] std::string_view closest(std::string_view typed,
                                       std::span<const std::string_view> names);

/// "did you mean taxi.call? There are: taxi.call, taxi.driver" (the first part if something is
/// close).
[[nodiscard]] std::string suggestion(std::string_view typed,
                                     std::span<const std::string_view> names);

[[nodiscard]] std::string joined(std::span<const std::string_view> names);

} // namespace troupe::cli
