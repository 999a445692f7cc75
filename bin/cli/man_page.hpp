#pragma once

#include "bin/cli/command_table.hpp"

#include <string>

namespace troupe::cli {

/// The manual page of a tool (section 1) as roff, from the same table as its help.
[[nodiscard]] std::string man_page(const tool_info& tool);

} // namespace troupe::cli
