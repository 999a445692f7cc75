#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// What a gateway is started with: defaults, then the TOML file, then environment, then flags.
struct gateway_settings {
  std::vector<std::string> nodes{"tcp://127.0.0.1:7100"};
  std::string listen = "127.0.0.1:8080";
  std::vector<std::string> cors{"*"}; ///< as `gateway::cors_rules` reads them
  std::string web;                    ///< folder of the web pages; empty: none are served
  std::string dashboard;              ///< folder of the dashboard's pages; empty: none
  std::string admin_keys;             ///< file of the keys of roles; empty: all may only observe
  std::string node_key_file;          ///< with the key that nodes' admin endpoints on tcp ask for
  std::uint32_t threads = 1;
  std::uint32_t in_flight_max = 512;
  std::string client_rate = "off"; ///< of each address, such as "100/200"
  std::string log_level = "info";
  bool go_on = true; ///< false: help was shown or the settings are wrong
  int exit_code = 0;
};

/// Reads the settings and sets logging up; prints help, `--print-config` and errors itself.
[[nodiscard]] gateway_settings read_gateway_settings(int argc, char** argv);

} // namespace troupe
