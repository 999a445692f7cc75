#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

/// What a node is started with: defaults, then the TOML file, then environment, then flags.
struct node_settings {
  std::string name = "n1";
  std::string data = "data";
  std::string listen = "tcp://127.0.0.1:7100";
  std::string cluster_listen = "tcp://127.0.0.1:0"; ///< for the other nodes
  std::string advertise;                            ///< host that others reach this node at
  std::vector<std::string> hosts;                   ///< contexts it may own shards of; empty: all
  std::string admin;                                ///< endpoint of operators; empty: a socket file
  std::string admin_keys;                           ///< file with the keys of the roles
  std::uint32_t expect = 1;                         ///< nodes that a first start waits for
  std::uint32_t lease_ms = 4'000;
  std::uint32_t move_pause_ms = 30'000;
  std::vector<std::string> delays;        ///< such as "taxi.payment=400..620ms"
  std::string client_rate = "off";        ///< of each connection, such as "1000/2000"
  std::vector<std::string> context_rates; ///< such as "taxi.call=500/1000"
  std::vector<std::string> systems;       ///< empty: all
  std::uint32_t lanes = 2;
  std::uint32_t shards = 4;                          ///< of contexts made anew
  std::uint32_t residents_max = 100'000;             ///< aggregates in memory, per shard
  std::uint64_t reserve_bytes = 16ULL * 1024 * 1024; ///< disk space that commits must leave free
  std::vector<std::string> healing_off;              ///< actions that are not taken by itself
  std::uint32_t give_up_after = 10;                  ///< failures of a child in ten minutes
  std::uint32_t slow_after_ms = 2'000;               ///< a handler that runs so long is flagged
  std::uint32_t stuck_after_ms = 30'000;             ///< then the process ends with its stack
  std::string metrics = "127.0.0.1:0";               ///< where `/metrics` is served; "off": nowhere
  bool measures = true;                              ///< keeps histograms
  std::string log_level = "info";
  std::string log_file; ///< empty: stderr
  bool go_on = true;    ///< false: help was shown or the settings are wrong
  int exit_code = 0;
};

/// Reads the settings and sets logging up; prints help, `--print-config` and errors itself.
[[nodiscard]] node_settings read_node_settings(int argc, char** argv);

} // namespace troupe
