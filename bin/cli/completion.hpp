#pragma once

#include "bin/cli/command_table.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::cli {

/// The completion script of a shell (bash, zsh, fish), made from the tool's table and the catalogue
/// of this build; empty for another shell. Completing never talks to a node, so it is always fast.
[[nodiscard]] std::optional<std::string> completion_script(const tool_info& tool,
                                                           std::string_view shell);

/// The words that can stand behind those before, and begin so; sorted. The same that the scripts
/// know.
[[nodiscard]] std::vector<std::string>
completions(const tool_info& tool, const std::vector<std::string>& before, std::string_view begun);

} // namespace troupe::cli
