#pragma once

namespace CLI {
class App;
}

namespace troupe {

/// Parses the command line: flags win over the environment, the environment wins over the
/// configuration file, which the library alone would have the other way round. True if the program
/// goes on; else `exit_code` says how it ends, and help or the fault is printed.
[[nodiscard]] bool parse_options(CLI::App& app, int argc, char** argv, int& exit_code);

} // namespace troupe
