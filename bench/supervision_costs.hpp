#pragma once

#include "bench/measures.hpp"

namespace troupe::bench {

/// What supervision costs each call, in this process and without a node: a breaker's check, by one
/// thread and by two that share it, and a refusal by an open breaker. Each run takes about a
/// second.
[[nodiscard]] result<void> measure_supervision(const measure_setting& with, measurement& to);

} // namespace troupe::bench
