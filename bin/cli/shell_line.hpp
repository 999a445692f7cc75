#pragma once

#include "messages/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace troupe::cli {

/// The words of a line as a POSIX shell would split them: blanks part words, '…' is taken as it is,
/// in "…" a backslash keeps \ and ", outside of quotes it keeps any character; # at the beginning
/// of a word begins a comment. Nothing is expanded. `malformed` if a quote is not closed or the
/// line ends with a backslash.
[[nodiscard]] result<std::vector<std::string>> split_line(std::string_view line);

} // namespace troupe::cli
