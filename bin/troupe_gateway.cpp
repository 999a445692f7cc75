// The HTTP front of a cluster: flags in, parts together, a signal ends it.
#include "messages/descriptor.hpp"
#include "net/gateway/application.hpp"
#include "net/gateway/http_server.hpp"
#include "net/gateway/sdk_backend.hpp"
#include "seams/clock.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/sinks/stdout_sinks.h>
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

struct settings {
  std::vector<std::string> nodes{"tcp://127.0.0.1:7100"};
  std::string listen = "127.0.0.1:8080";
  std::vector<std::string> cors_origins{"*"};
  std::string log_level = "info";
  std::uint32_t threads = 1;
  std::uint32_t in_flight_max = 512;
};

/// Declares the flags; the defaults are those of `to`.
void add_flags(CLI::App& app, settings& to) {
  app.set_version_flag("--version", "troupe-gateway " TROUPE_VERSION);
  app.add_option("--node", to.nodes, "endpoint of a node; repeatable, any answering one will do")
      ->capture_default_str();
  app.add_option("--listen", to.listen, "address of HTTP; port 0 takes a free one")
      ->capture_default_str();
  app.add_option("--cors-origin", to.cors_origins,
                 "origin whose pages may call; repeatable; * for any, none for none")
      ->capture_default_str();
  app.add_option("--threads", to.threads, "event loops")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--in-flight-max", to.in_flight_max,
                 "requests that may wait for the cluster; more are refused with 429")
      ->check(CLI::Range(1, 65'536))
      ->capture_default_str();
  app.add_option("--log-level", to.log_level, "what is logged on stderr")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}))
      ->capture_default_str();
  app.footer("Example: troupe-gateway --node tcp://127.0.0.1:7100 --listen 127.0.0.1:8080");
}

void set_up_log(const std::string& level) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("gateway"));
  spdlog::set_pattern("time=%Y-%m-%dT%H:%M:%S.%eZ level=%l %v", spdlog::pattern_time_type::utc);
  spdlog::set_level(spdlog::level::from_str(level));
}

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

[[nodiscard]] int serve(const settings& from) {
  const auto address = gateway::read_listen_address(from.listen);
  if (!address) return refuse(address.error());
  const sigset_t stopping = block_stop_signals();

  client_options to_cluster;
  to_cluster.endpoints = from.nodes;
  to_cluster.deadline = std::chrono::milliseconds{5000};
  to_cluster.name = "gateway";
  auto connected = client::connect(std::move(to_cluster));
  if (!connected) return refuse(connected.error());
  gateway::sdk_backend cluster{std::move(*connected)};

  gateway::application_options options;
  options.cors_origins = from.cors_origins;
  options.in_flight_max = from.in_flight_max;
  options.version = TROUPE_VERSION;
  gateway::application app{all_contexts(), cluster, real_clock(), std::move(options)};
  auto started = gateway::http_server::start({.host = address.value().host,
                                              .port = address.value().port,
                                              .threads = from.threads,
                                              .limits = {}},
                                             app);
  if (!started) {
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
  const bool clean = server.stop(stop_time);
  cluster.close(); // its open calls end now, while the application is still there to hear of it
  spdlog::info("event=stopped clean={}", clean);
  return 0;
}

} // namespace

int main(int count, char** words) {
  settings wanted;
  CLI::App app{"HTTP front of a troupe cluster: REST and HAL for every context.", "troupe-gateway"};
  add_flags(app, wanted);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& wrong) {
    const int status = app.exit(wrong);
    return status == 0 ? 0 : info(errc::malformed).exit_code;
  }
  set_up_log(wanted.log_level);
  raise_descriptor_limit();
  return serve(wanted);
}
