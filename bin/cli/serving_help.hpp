#pragma once

#include "bin/cli/tool.hpp"
#include "net/http_client.hpp"

#include <string>
#include <vector>

namespace troupe::cli {

/// A cluster that serves, as `run` and `up` tell of it.
struct serving_place {
  std::vector<std::string> systems;
  http_place http;
  std::vector<std::string> endpoints; ///< of the nodes
  std::string data;
  std::string logs;
  std::string web; ///< folder of the web pages; empty: none is known
};

/// Where everything is, and what to try next.
void print_serving(const serving_place& where, surroundings& around,
                   const std::string& how_to_stop);

/// A folder that came with the program: installed beside it, or in the source tree it was built
/// from. Empty if there is none.
[[nodiscard]] std::string folder_beside(const char* installed, const char* in_sources);

/// How to call a tool: by name if the shell finds it, else with its folder.
[[nodiscard]] std::string called(const char* tool, surroundings& around);

} // namespace troupe::cli
