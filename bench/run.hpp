#pragma once

#include "bench/options.hpp"

namespace troupe::bench {

/// Measures, prints the report to standard output (to standard error if JSON goes there) and
/// returns the exit code: 0 only if every run was clean.
[[nodiscard]] int run_bench(const bench_options& options);

/// It starts a cluster of its own, of two nodes at least.
[[nodiscard]] bool needs_cluster(measure what);

[[nodiscard]] const char* name_of(measure what);

} // namespace troupe::bench
