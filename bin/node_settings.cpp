#include "bin/node_settings.hpp"

#include "bin/option_parsing.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>

namespace troupe {
namespace {

constexpr const char* log_pattern = "%Y-%m-%dT%H:%M:%S.%eZ level=%l %v";

/// False, and says why, if the log file cannot be written.
bool set_logging_up(const node_settings& settings) {
  try {
    auto logger = settings.log_file.empty() ? spdlog::stderr_logger_mt("troupe")
                                            : spdlog::basic_logger_mt("troupe", settings.log_file);
    spdlog::set_default_logger(std::move(logger));
  } catch (const spdlog::spdlog_ex& failure) {
    std::fprintf(stderr, "troupe-node: cannot log to %s: %s\n", settings.log_file.c_str(),
                 failure.what());
    return false;
  }
  spdlog::set_pattern(log_pattern, spdlog::pattern_time_type::utc);
  spdlog::set_level(spdlog::level::from_str(settings.log_level));
  spdlog::flush_on(spdlog::level::info);
  return true;
}

void add_admin_options(CLI::App& app, node_settings& to) {
  app.add_option("--admin", to.admin,
                 "where operators' verbs are taken: ipc://PATH, tcp://127.0.0.1:PORT or off; left "
                 "out, a socket in the data directory that only its owner can open")
      ->envname("TROUPE_ADMIN");
  app.add_option(
         "--admin-keys", to.admin_keys,
         "TOML file of mode 0600 with the keys of observe, inspect and operate, for --admin "
         "tcp://; without it who comes by tcp can only observe")
      ->envname("TROUPE_ADMIN_KEYS");
}

void add_cluster_options(CLI::App& app, node_settings& to) {
  app.add_option(
         "--cluster-listen", to.cluster_listen,
         "ZeroMQ endpoint for the other nodes of the data directory; port 0 picks a free one")
      ->envname("TROUPE_CLUSTER_LISTEN")
      ->capture_default_str();
  app.add_option(
      "--advertise", to.advertise,
      "host name or address that others reach this node at; that of --listen if left out");
  app.add_option("--host", to.hosts,
                 "context whose shards this node may own, repeatable; all if left out")
      ->delimiter(',');
  app.add_option("--expect", to.expect, "nodes that a first start waits for, for a second at most")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--lease-ms", to.lease_ms,
                 "a node that is silent for so long loses its shards; renewed four times as often")
      ->check(CLI::Range(1'000, 60'000))
      ->capture_default_str();
  app.add_option("--move-pause-ms", to.move_pause_ms,
                 "a shard is moved to even out the load once in this time at most")
      ->check(CLI::Range(0, 3'600'000))
      ->capture_default_str();
}

void add_healing_options(CLI::App& app, node_settings& to) {
  app.add_option("--healing-off", to.healing_off,
                 "what it must not do by itself, repeatable: restart-aggregate, restart-shard, "
                 "restart-context, rebuild-view, reopen-socket")
      ->envname("TROUPE_HEALING_OFF")
      ->delimiter(',');
  app.add_option("--give-up-after", to.give_up_after,
                 "failures of a shard within ten minutes after which its context begins again as "
                 "a whole; likewise contexts, systems, and at last the node, which ends with 70")
      ->envname("TROUPE_GIVE_UP_AFTER")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  app.add_option("--slow-after-ms", to.slow_after_ms,
                 "a handler that runs so long is told of; the node is then not live")
      ->check(CLI::Range(1, 3'600'000))
      ->capture_default_str();
  app.add_option("--stuck-after-ms", to.stuck_after_ms,
                 "then the node writes the handler's stack to stderr and ends with 71")
      ->check(CLI::Range(2, 3'600'000))
      ->capture_default_str();
}

} // namespace

node_settings read_node_settings(int argc, char** argv) {
  node_settings to;
  CLI::App app{"One node of a troupe cluster, in the foreground. Ends cleanly on SIGTERM.",
               "troupe-node"};
  app.set_config("--config", "", "TOML file with these options by their long names");
  app.allow_config_extras(CLI::config_extras_mode::error);
  bool print_config = false;
  app.add_flag("--print-config", print_config, "print every option with its value and exit")
      ->configurable(false);
  app.add_option("--name", to.name, "name of this node, for people and logs")
      ->envname("TROUPE_NAME")
      ->capture_default_str();
  app.add_option("--data", to.data,
                 "directory of the journals, made if missing; nodes of one directory are a cluster")
      ->envname("TROUPE_DATA")
      ->capture_default_str();
  app.add_option("--listen", to.listen, "ZeroMQ endpoint; port 0 picks a free one")
      ->envname("TROUPE_LISTEN")
      ->capture_default_str();
  add_cluster_options(app, to);
  add_admin_options(app, to);
  app.add_option("--system", to.systems, "system to run, repeatable; all if left out");
  app.add_option("--delay", to.delays,
                 "CONTEXT=400..620ms, repeatable: makes its answers to asks late, for experiments");
  app.add_option("--client-rate", to.client_rate,
                 "N[/BURST]: requests a second that each connection may send; off: no limit")
      ->capture_default_str();
  app.add_option("--context-rate", to.context_rates,
                 "CONTEXT=N[/BURST], repeatable: requests a second of all clients together");
  app.add_option("--lanes", to.lanes, "threads that own shards")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--shards", to.shards, "shards of a context that has no journals yet")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--residents-max", to.residents_max, "aggregates kept in memory, per shard")
      ->check(CLI::Range(16U, 100'000'000U))
      ->capture_default_str();
  app.add_option("--reserve-bytes", to.reserve_bytes, "disk space that commits leave free")
      ->capture_default_str();
  add_healing_options(app, to);
  app.add_option("--metrics", to.metrics,
                 "HOST:PORT of the HTTP pages /metrics, /health/live and /health/ready; port 0 "
                 "picks a free one, which the status tells; off: none")
      ->envname("TROUPE_METRICS")
      ->capture_default_str();
  app.add_option("--measures", to.measures,
                 "keep histograms of times and sizes; off only to see what they cost")
      ->capture_default_str();
  app.add_option("--log-level", to.log_level, "how much is logged")
      ->check(
          CLI::IsMember({"trace", "debug", "info", "warn", "warning", "error", "critical", "off"}))
      ->envname("TROUPE_LOG_LEVEL")
      ->capture_default_str();
  app.add_option("--log-file", to.log_file, "log file; stderr if left out");
  app.set_version_flag("--version", "troupe-node " TROUPE_VERSION);
  to.go_on = parse_options(app, argc, argv, to.exit_code);
  if (!to.go_on) return to;
  if (print_config) {
    std::printf("%s", app.config_to_str(true, true).c_str());
    to.go_on = false;
    return to;
  }
  if (!set_logging_up(to)) {
    to.go_on = false;
    to.exit_code = 2;
  }
  return to;
}

} // namespace troupe
