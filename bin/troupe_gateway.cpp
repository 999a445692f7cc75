// The HTTP front of a cluster: flags in, parts together, a signal ends it.
#include "bin/gateway_settings.hpp"
#include "messages/descriptor.hpp"
#include "net/admin_keys.hpp"
#include "net/gateway/application.hpp"
#include "net/gateway/http_server.hpp"
#include "net/gateway/sdk_backend.hpp"
#include "seams/clock.hpp"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace troupe;

constexpr std::chrono::milliseconds stop_time{10'000};

/// Each connection is a file descriptor; the usual soft limit of 1,024 is below our own bound.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Blocks the stopping signals for this thread and all it starts, so that one place waits for them.
[[nodiscard]] sigset_t block_stop_signals() {
  sigset_t stopping;
  ::sigemptyset(&stopping);
  ::sigaddset(&stopping, SIGTERM);
  ::sigaddset(&stopping, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &stopping, nullptr);
  return stopping;
}

[[nodiscard]] int refuse(const error& why) {
  std::fprintf(stderr, "troupe-gateway: %s (%s)\n", why.message.c_str(),
               std::string{why.shown_code()}.c_str());
  return info(why.code).exit_code;
}

/// A gateway without its pages still serves the systems, so what is missing is only said.
[[nodiscard]] gateway::web_pages read_pages(const std::string& folder) {
  if (folder.empty()) {
    spdlog::info("event=web_pages systems=\"\" why=\"no folder of web pages is set (--web)\"");
    return {};
  }
  auto pages = gateway::web_pages::read(folder, all_contexts());
  for (const auto& each : pages.remarks())
    spdlog::warn("event=web_pages_incomplete why=\"{}\"", each);
  std::string systems;
  for (const auto& each : pages.systems())
    systems.append(systems.empty() ? "" : ",").append(each);
  spdlog::info("event=web_pages systems=\"{}\" files={} folder=\"{}\"", systems, pages.files(),
               folder);
  return pages;
}

/// The same holds for the dashboard: its stream and the admin verbs are there in any case.
[[nodiscard]] gateway::static_files read_dashboard(const std::string& folder) {
  gateway::static_files pages;
  if (!folder.empty()) pages.read(folder, gateway::dashboard_base);
  for (const auto& each : pages.remarks())
    spdlog::warn("event=dashboard_incomplete why=\"{}\"", each);
  spdlog::info("event=dashboard files={} folder=\"{}\"", pages.size(), folder);
  return pages;
}

/// Who may do more than observe: nobody, unless a file of keys says so. Where it has a key for
/// observing, that takes one as well.
[[nodiscard]] result<gateway::dashboard_access> read_access(const std::string& file) {
  if (file.empty()) return gateway::dashboard_access{};
  auto keys = admin_keys::read(file);
  if (!keys) return keys.error();
  const bool all_observe = !keys->has(role::observe);
  return gateway::dashboard_access{
      [keys = std::move(*keys)](std::string_view key) { return keys.role_of(key); }, all_observe};
}

[[nodiscard]] int serve(const gateway_settings& from) {
  const auto address = gateway::read_listen_address(from.listen);
  if (!address) return refuse(address.error());
  auto cors = gateway::cors_rules::read(from.cors, all_contexts());
  if (!cors) return refuse(cors.error());
  const auto rate = rate_limit::parse(from.client_rate);
  if (!rate) return refuse(rate.error());
  auto access = read_access(from.admin_keys);
  if (!access) return refuse(access.error());
  client_options to_cluster;
  if (!from.node_key_file.empty()) {
    auto key = read_admin_key(from.node_key_file);
    if (!key) return refuse(fail(key.error().code, "--node-key-file: " + key.error().message));
    to_cluster.admin_key = std::move(*key);
  }
  const sigset_t stopping = block_stop_signals();

  to_cluster.endpoints = from.nodes;
  to_cluster.deadline = std::chrono::milliseconds{5000};
  to_cluster.name = "gateway";
  auto connected = client::connect(std::move(to_cluster));
  if (!connected) return refuse(connected.error());
  gateway::sdk_backend cluster{std::move(*connected)};

  gateway::dashboard board{all_contexts(),
                           cluster,
                           real_clock(),
                           {.access = std::move(*access),
                            .pages = read_dashboard(from.dashboard),
                            .version = TROUPE_VERSION}};
  board.start();

  gateway::application_options options;
  options.board = &board;
  options.cors = std::move(*cors);
  options.pages = read_pages(from.web);
  options.in_flight_max = from.in_flight_max;
  options.client_rate = *rate;
  options.version = TROUPE_VERSION;
  gateway::application app{all_contexts(), cluster, real_clock(), std::move(options)};
  auto started = gateway::http_server::start({.host = address.value().host,
                                              .port = address.value().port,
                                              .threads = from.threads,
                                              .limits = {}},
                                             app);
  if (!started) {
    board.stop();
    cluster.close();
    return refuse(started.error());
  }
  gateway::http_server& server = *started.value();
  const bool version_6 = address.value().host.find(':') != std::string::npos;
  const std::string host = version_6 ? "[" + address.value().host + "]" : address.value().host;
  std::printf("troupe-gateway listening on http://%s:%u\n", host.c_str(),
              static_cast<unsigned>(server.port()));
  std::fflush(stdout);
  spdlog::info("event=listening host={} port={} nodes={} threads={}", host, server.port(),
               from.nodes.size(), from.threads);

  int signal = 0;
  ::sigwait(&stopping, &signal);
  spdlog::info("event=stopping signal={}", signal);
  board.stop(); // viewers come again elsewhere, or when this gateway is back
  const bool clean = server.stop(stop_time);
  cluster.close(); // its open calls end now, while the application is still there to hear of it
  spdlog::info("event=stopped clean={}", clean);
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  const auto wanted = read_gateway_settings(argc, argv);
  if (!wanted.go_on) return wanted.exit_code;
  raise_descriptor_limit();
  return serve(wanted);
}
