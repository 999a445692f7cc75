#include "bin/fatal_signals.hpp"
#include "bin/node_settings.hpp"
#include "bin/serving_node.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

/// One node in the foreground; gives its shards away and ends on SIGTERM or SIGINT.
namespace {

constexpr std::chrono::seconds opening_patience{10};
constexpr int opening_poll_ms = 2;

int wake_fd = -1;
std::atomic<int> exit_code{0};

void wake() {
  const std::uint64_t one = 1;
  (void)!::write(wake_fd, &one, sizeof one);
}

void on_signal(int) {
  wake();
}

/// A node whose lease is lost must not go through a stop that would close files tidily while others
/// take them over, and one with a lane that stands could not: they end here and now.
void end(int code) {
  if (code == troupe::exit_lease_lost || code == troupe::exit_stuck) std::_Exit(code);
  exit_code.store(code);
  wake();
}

void wait_for_the_end() {
  std::uint64_t seen = 0;
  while (::read(wake_fd, &seen, sizeof seen) < 0 && errno == EINTR) {
  }
}

/// Says that the door is open when what the node owns is there, so that nobody waits at the start;
/// a context that cannot be opened does not keep the others from serving, nor does a view that is
/// built from the journals: whoever asks is told how far it is (docs/views.md).
void wait_for_contexts(const troupe::serving_node& running, const troupe::clock& time) {
  const auto until = time.monotonic() + opening_patience;
  while (!running.settled() && time.monotonic() < until) {
    pollfd signalled{wake_fd, POLLIN, 0};
    if (::poll(&signalled, 1, opening_poll_ms) > 0) return;
  }
  std::vector<std::string> missing;
  if (running.settled(&missing)) return;
  for (const auto& each : missing)
    spdlog::warn("context={} is not up yet", each);
}

int serve(const troupe::node_settings& settings) {
  auto started = troupe::serving_node::start(settings, end);
  if (!started) {
    std::fprintf(stderr, "troupe-node: %s\n", started.error().message.c_str());
    return troupe::info(started.error().code).exit_code;
  }
  auto& running = **started;
  wait_for_contexts(running, troupe::real_clock());
  std::printf("troupe-node listening on %s\n", running.endpoint().c_str());
  std::fflush(stdout);
  spdlog::info(
      "node={} pid={} endpoint={} cluster={} admin={} metrics={} data={} lanes={}", settings.name,
      ::getpid(), running.endpoint(), running.cluster_endpoint(), running.admin_endpoint(),
      running.metrics_url().empty() ? "off" : running.metrics_url(), settings.data, settings.lanes);
  wait_for_the_end();
  spdlog::info("node={} stopping", settings.name);
  running.stop();
  spdlog::info("node={} stopped", settings.name);
  return exit_code.load();
}

} // namespace

int main(int argc, char** argv) {
  const auto settings = troupe::read_node_settings(argc, argv);
  if (!settings.go_on) return settings.exit_code;
  troupe::note_fatal_signals();
  wake_fd = ::eventfd(0, EFD_CLOEXEC);
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return serve(settings);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "troupe-node: %s\n", failure.what());
    return 1;
  }
}
