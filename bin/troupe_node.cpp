#include "bin/node_settings.hpp"
#include "net/server.hpp"
#include "persistence/data_folder.hpp"
#include "persistence/file_lock.hpp"
#include "persistence/storage.hpp"
#include "supervisors/node.hpp"

#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

/// One node in the foreground: storage, node, ZeroMQ server; ends on SIGTERM or SIGINT.
namespace {

constexpr std::chrono::seconds drain_patience{10};
constexpr std::chrono::seconds opening_patience{10};
constexpr int opening_poll_ms = 2;
constexpr int exit_escalated = 70; ///< the supervision tree gave up; the launcher may restart us

int wake_fd = -1;
std::atomic<int> exit_code{0};

void wake() {
  const std::uint64_t one = 1;
  (void)!::write(wake_fd, &one, sizeof one);
}

void on_signal(int) {
  wake();
}

void wait_for_the_end() {
  std::uint64_t seen = 0;
  while (::read(wake_fd, &seen, sizeof seen) < 0 && errno == EINTR) {
  }
}

/// Opens the door when the contexts are there, so that nobody is sent away at the start; a context
/// that cannot be opened does not keep the others from serving, nor does a view that is built from
/// the journals: whoever asks is told how far it is (docs/views.md).
void wait_for_contexts(const troupe::node& running, const troupe::clock& time) {
  const auto until = time.monotonic() + opening_patience;
  while (!running.up() && time.monotonic() < until) {
    pollfd signalled{wake_fd, POLLIN, 0};
    if (::poll(&signalled, 1, opening_poll_ms) > 0) return;
  }
  std::vector<std::string> missing;
  if (running.up(&missing)) return;
  for (const auto& each : missing)
    spdlog::warn("context={} is not up yet", each);
}

troupe::value describe(const troupe::server_counters& from) {
  troupe::value said{troupe::value::object{}};
  said["frames_in"] = from.frames_in;
  said["frames_out"] = from.frames_out;
  said["requests"] = from.requests;
  said["replies"] = from.replies;
  said["refused"] = from.refused;
  said["malformed"] = from.malformed;
  said["in_flight"] = from.in_flight;
  said["connections"] = from.connections;
  return said;
}

/// The data directory, for this node alone: a second node would find every journal taken, and wait
/// for them without ever saying so to whoever started it.
troupe::result<troupe::file_lock> hold(const troupe::node_settings& settings) {
  if (auto made = troupe::make_data_folder(settings.data); !made) return made.error();
  return troupe::file_lock::take(std::filesystem::path{settings.data} / "node.lock",
                                 "the data directory " + settings.data, settings.name);
}

/// "CONTEXT=DELAY" each.
troupe::result<std::map<std::string, troupe::answer_delay>>
read_delays(const std::vector<std::string>& texts) {
  std::map<std::string, troupe::answer_delay> delays;
  for (const auto& text : texts) {
    const auto equals = std::min(text.find('='), text.size());
    const auto delay = troupe::answer_delay::parse(
        std::string_view{text}.substr(std::min(equals + 1, text.size())));
    if (!delay)
      return troupe::fail(delay.error().code, "--delay " + text + ": " + delay.error().message);
    delays[text.substr(0, equals)] = *delay;
  }
  return delays;
}

int serve(const troupe::node_settings& settings) {
  using namespace troupe;
  const auto delays = read_delays(settings.delays);
  if (!delays) {
    std::fprintf(stderr, "troupe-node: %s\n", delays.error().message.c_str());
    return info(delays.error().code).exit_code;
  }
  const auto held = hold(settings);
  if (!held) {
    std::fprintf(stderr, "troupe-node: %s\n", held.error().message.c_str());
    return info(held.error().code).exit_code;
  }
  sqlite_options files;
  files.directory = settings.data;
  files.reserve_bytes = settings.reserve_bytes;
  const auto store = make_sqlite_storage(files);
  node_options options;
  options.name = settings.name;
  options.systems = settings.systems;
  options.delays = *delays;
  options.lanes = settings.lanes;
  options.shards = settings.shards;
  options.limits.residents_max = settings.residents_max;
  options.escalated = [](const std::string& why) {
    spdlog::critical("escalated: {}", why);
    exit_code.store(exit_escalated);
    wake();
  };
  auto started = node::start(std::move(options), *store, real_clock());
  if (!started) {
    std::fprintf(stderr, "troupe-node: %s\n", started.error().message.c_str());
    return info(started.error().code).exit_code;
  }
  node& running = **started;
  // The server is told by the node's status; it starts last, so the box is filled before requests.
  auto front = std::make_shared<std::atomic<server*>>(nullptr);
  running.add_status("server", [front] {
    const auto* known = front->load();
    return known != nullptr ? describe(known->counters()) : value{};
  });
  wait_for_contexts(running, real_clock());
  server_options door;
  door.endpoint = settings.listen;
  auto opened = server::start(door, running, real_clock());
  if (!opened) {
    std::fprintf(stderr, "troupe-node: cannot listen on %s: %s\n", settings.listen.c_str(),
                 opened.error().message.c_str());
    return info(opened.error().code).exit_code;
  }
  front->store(opened->get());
  std::printf("troupe-node listening on %s\n", (*opened)->endpoint().c_str());
  std::fflush(stdout);
  spdlog::info("node={} pid={} endpoint={} data={} lanes={}", settings.name, ::getpid(),
               (*opened)->endpoint(), settings.data, settings.lanes);
  wait_for_the_end();
  spdlog::info("node={} stopping", settings.name);
  (*opened)->stop(drain_patience);
  running.stop();
  front->store(nullptr);
  started.value().reset();
  spdlog::info("node={} stopped", settings.name);
  return exit_code.load();
}

} // namespace

int main(int argc, char** argv) {
  const auto settings = troupe::read_node_settings(argc, argv);
  if (!settings.go_on) return settings.exit_code;
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
