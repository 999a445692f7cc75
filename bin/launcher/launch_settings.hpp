#pragma once

#include "bin/cli/failure.hpp"
#include "bin/cli/invocation.hpp"
#include "bin/launcher/autoscale_rules.hpp"
#include "net/http_client.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe::cli {

/// What a launcher is to start: defaults, then the TOML file, then environment, then flags.
struct launch_settings {
  static constexpr std::uint32_t nodes_max = 16;

  std::uint32_t nodes = 3;                 ///< to begin with
  std::optional<autoscale_plan> autoscale; ///< nothing: their number changes by hand only
  std::string data = "./data";
  std::string listen_host = "127.0.0.1";
  std::uint32_t listen_base = 7100; ///< port of n1, the others follow; 0: free ones
  /// Port of n1's `/metrics`, the others follow; 0: free ones, as without fixed ports for clients.
  std::uint32_t metrics_base = 7200;
  std::string http = "127.0.0.1:8080";
  std::string web; ///< empty: the gateway's own choice
  std::vector<std::string> cors;
  std::vector<std::string> systems;                                   ///< empty: all
  std::map<std::string, std::vector<std::string>, std::less<>> hosts; ///< node → contexts; else all
  std::uint32_t lanes = 2;
  std::uint32_t shards = 4;
  std::string admin_keys;                 ///< file of the gateway's keys; empty: there are none
  std::string client_rate = "off";        ///< of each address, at the gateway
  std::vector<std::string> context_rates; ///< "CONTEXT=N/BURST", at each node
  std::string log_level = "info";
  std::chrono::milliseconds ready_within{60'000};
};

/// What `--print-config` prints, or the settings.
struct read_settings {
  launch_settings settings;
  std::string printed; ///< not empty: print this and end
};

/// Reads and checks the settings of `up`. Nothing is touched.
[[nodiscard]] std::variant<read_settings, failure> read_launch_settings(const invocation& line);

/// What is wrong with the settings, in the order a person would look; nothing if they are fine.
[[nodiscard]] std::optional<failure> check(const launch_settings& of);

/// Contexts that none of the nodes n1 to nN would host, sorted.
[[nodiscard]] std::vector<std::string> contexts_without_host(const launch_settings& of,
                                                             std::uint32_t nodes);

/// Flags of `troupe up` that say the same.
[[nodiscard]] std::vector<std::string> flags_of(const launch_settings& from);

/// HOST:PORT of a ZeroMQ endpoint "tcp://HOST:PORT"; `*` as port means a free one.
[[nodiscard]] result<http_place> place_of_endpoint(std::string_view endpoint);

} // namespace troupe::cli
