#pragma once

namespace CLI {
class App;
}

namespace troupe {

/// Adds `bench` to a program. Its callback runs the benchmark while the arguments are parsed and
/// puts the exit code into `exit_code`, which must outlive `app`.
void add_bench_command(CLI::App& app, int& exit_code);

} // namespace troupe
