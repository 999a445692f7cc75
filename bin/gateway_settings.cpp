#include "bin/gateway_settings.hpp"

#include "bin/option_parsing.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <filesystem>

namespace troupe {
namespace {

/// A folder that came with this program: installed beside it, or in the source tree it was built
/// from. Empty if there is none.
std::string folder_beside_program(const std::string& name) {
  std::error_code fault;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", fault).parent_path();
  for (const char* each : {"../share/troupe/", "../../../"})
    if (const auto found = folder / (each + name); std::filesystem::is_directory(found, fault))
      return std::filesystem::weakly_canonical(found, fault).string();
  return {};
}

void set_logging_up(const std::string& level) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("gateway"));
  spdlog::set_pattern("time=%Y-%m-%dT%H:%M:%S.%eZ level=%l %v", spdlog::pattern_time_type::utc);
  spdlog::set_level(spdlog::level::from_str(level));
}

/// Declares the options; the defaults are those of `to`.
void add_options(CLI::App& app, gateway_settings& to) {
  app.add_option("--node", to.nodes, "endpoint of a node; repeatable, any answering one will do")
      ->delimiter(',')
      ->envname("TROUPE_ENDPOINT")
      ->default_str(to.nodes.front());
  app.add_option("--listen", to.listen, "address of HTTP; port 0 takes a free one")
      ->envname("TROUPE_HTTP")
      ->capture_default_str();
  app.add_option(
         "--cors", to.cors,
         "whose pages may call a system from a browser: SYSTEM=ORIGIN[,ORIGIN...], SYSTEM=* "
         "or SYSTEM=none; without SYSTEM= for all others; repeatable")
      ->envname("TROUPE_CORS")
      ->default_str(to.cors.front());
  app.add_option("--web", to.web,
                 "folder with web pages, DIR/SYSTEM/html; an empty text serves none")
      ->envname("TROUPE_WEB")
      ->capture_default_str();
  app.add_option("--dashboard", to.dashboard,
                 "folder with the pages of the dashboard; an empty text serves none")
      ->envname("TROUPE_DASHBOARD")
      ->capture_default_str();
  app.add_option("--admin-keys", to.admin_keys,
                 "TOML file (mode 0600) with the keys of the roles inspect and operate; without it "
                 "everybody may only observe. With a key for observe nobody may without one")
      ->envname("TROUPE_ADMIN_KEYS");
  app.add_option("--node-key-file", to.node_key_file,
                 "file of mode 0600 with the key that the nodes' admin endpoints on tcp ask for; "
                 "without it only what they let everybody see can be asked there")
      ->envname("TROUPE_ADMIN_KEY_FILE");
  app.add_option("--threads", to.threads, "event loops")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--in-flight-max", to.in_flight_max,
                 "requests that may wait for the cluster; more are refused with 429")
      ->check(CLI::Range(1, 65'536))
      ->capture_default_str();
  app.add_option("--client-rate", to.client_rate,
                 "N[/BURST]: requests a second that each address may send to the cluster; more are "
                 "refused with 429; off: no limit")
      ->envname("TROUPE_CLIENT_RATE")
      ->capture_default_str();
  app.add_option("--log-level", to.log_level, "what is logged on stderr")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "warning", "error", "off"}))
      ->envname("TROUPE_LOG_LEVEL")
      ->capture_default_str();
  app.footer("Example: troupe-gateway --node tcp://127.0.0.1:7100 --cors none");
}

} // namespace

gateway_settings read_gateway_settings(int argc, char** argv) {
  gateway_settings to;
  to.web = folder_beside_program("web");
  to.dashboard = folder_beside_program("dashboard/html");
  CLI::App app{"HTTP front of a troupe cluster: REST and HAL for every context, and the systems' "
               "web pages.",
               "troupe-gateway"};
  app.set_config("--config", "", "TOML file with these options by their long names");
  app.allow_config_extras(CLI::config_extras_mode::error);
  bool print_config = false;
  app.add_flag("--print-config", print_config, "print every option with its value and exit")
      ->configurable(false);
  app.set_version_flag("--version", "troupe-gateway " TROUPE_VERSION);
  add_options(app, to);
  to.go_on = parse_options(app, argc, argv, to.exit_code);
  if (!to.go_on) return to;
  if (print_config) {
    std::printf("%s", app.config_to_str(true, true).c_str());
    to.go_on = false;
    return to;
  }
  set_logging_up(to.log_level);
  return to;
}

} // namespace troupe
