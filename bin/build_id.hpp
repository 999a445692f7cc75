#pragma once

#include <string>

namespace troupe {

/// Which build this is, shown to people: the version, and what tells builds of it apart.
[[nodiscard]] std::string build_id();

} // namespace troupe
