#pragma once

#include "bench/measures.hpp"

namespace troupe::bench {

/// What looking costs: the load with nobody looking and with somebody who asks for `top` every two
/// seconds; then, with all aggregates resident and no load, how soon `top` answers, in each of its
/// orders, and what part of a core a watcher takes.
[[nodiscard]] result<void> measure_inspection(const measure_setting& with, const target_node& node,
                                              measurement& to);

} // namespace troupe::bench
