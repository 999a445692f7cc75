#pragma once

#include <string>

namespace troupe::cli {

/// docs/metrics.md, made from the table of metrics alone.
[[nodiscard]] std::string metrics_reference();

} // namespace troupe::cli
