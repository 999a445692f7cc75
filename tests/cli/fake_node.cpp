// Stands in for troupe-node and troupe-gateway in the launcher's tests: the programs are links to
// this one. A node answers hellos and keeps a member with shards in the lease store; the file
// `<data>/<name>.manner` makes it misbehave:
//   exit N     ends at once with that exit code
//   mute       announces itself and answers nobody
//   stubborn   does not end on SIGTERM
//   hang       answers for a second, then not any more
// Asked for its status it says the share of the load `<data>/load` (percent of a core, in all) that
// is its own, with as many nodes as there are; without the file it says nothing of its load.
#include "messages/codec.hpp"
#include "messages/hello.hpp"
#include "net/server.hpp"
#include "persistence/lease_store.hpp"
#include "seams/clock.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

using namespace troupe;

namespace {

constexpr std::uint32_t shards = 4;
constexpr int look_ms = 10;
constexpr std::chrono::milliseconds answers_for{1'000};

using words = std::map<std::string, std::string>;

words words_of(int argc, char** argv) {
  words out;
  for (int i = 1; i + 1 < argc; i += 2)
    out[argv[i]] = argv[i + 1];
  return out;
}

/// The stopping signals, as a descriptor; blocked for every thread.
int stop_signals() {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGTERM);
  sigaddset(&wanted, SIGINT);
  pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
  return signalfd(-1, &wanted, SFD_CLOEXEC);
}

bool told_to_stop(int signals, int wait_ms) {
  pollfd stop{signals, POLLIN, 0};
  signalfd_siginfo arrived{};
  return poll(&stop, 1, wait_ms) == 1 && read(signals, &arrived, sizeof arrived) > 0;
}

/// Answers hellos, and `leave` by giving its shards away.
class front final : public request_handler {
public:
  front(std::string name, std::string data) : name_(std::move(name)), data_(std::move(data)) {}
  void submit(std::vector<inbound>& batch) override {
    std::vector<answer> answers;
    for (inbound& each : batch) {
      if (silent) continue;
      reply_content content;
      if (each.content.kind == request_kind::hello) {
        hello_reply hello;
        hello.node = name_;
        hello.build = "fake/1";
        hello.contexts = {{.name = "market.stall", .shards = shards}};
        content.payload = encode_hello_reply(hello);
      } else if (each.content.name == "status") {
        content.payload = encode_value(status());
      } else {
        leaving = true;
        content.payload = encode_value(value{});
      }
      answers.push_back({each.from, std::move(content)});
    }
    auto* port = batch.empty() ? nullptr : batch.front().from.port;
    batch.clear();
    if (port != nullptr && !answers.empty()) port->deliver(answers);
  }
  std::atomic<bool> silent{false};
  std::atomic<bool> leaving{false};

private:
  [[nodiscard]] value status() const {
    value said;
    said["node"] = name_;
    double all = 0;
    if (!(std::ifstream{data_ + "/load"} >> all)) return said;
    int nodes = 0;
    for (const auto& each : std::filesystem::directory_iterator{data_ + "/run"})
      nodes += each.path().stem().string().starts_with('n') && each.path().extension() == ".pid";
    said["load"]["cpu_percent"] = all / std::max(nodes, 1);
    return said;
  }

  std::string name_;
  std::string data_;
};

/// Its part in the cluster: a member that takes what nobody has, and gives it away.
class seat {
public:
  seat(const std::string& data, std::string name, std::string endpoint)
      : store_(std::move(open_sqlite_lease_store(data)).value()), name_(std::move(name)),
        endpoint_(std::move(endpoint)) {
    change([&](const cluster_view& view, cluster_change& what) {
      for (const member_row& each : view.members)
        if (each.who.node == name_) {
          me_.generation = std::max(me_.generation, each.who.generation);
          if (each.state != member_state::dead) bury(each, what);
        }
      me_ = {name_, me_.generation + 1};
      what.members.push_back(row(member_state::active));
      if (view.find_context("market.stall") == nullptr)
        what.contexts.push_back({.name = "market.stall", .shards = shards});
    });
  }
  void take() {
    change([&](const cluster_view& view, cluster_change& what) {
      for (std::uint32_t i = 0; i < shards; ++i) {
        const shard_ref which{"market.stall", shard_number{i}};
        const shard_row* held = view.find_shard(which);
        const bool free = held == nullptr || !held->owner.given() || !lives(view, held->owner);
        if (free) what.shards.push_back(owned(which, held, me_));
      }
    });
  }
  void leave(member_state as) {
    change([&](const cluster_view& view, cluster_change& what) {
      member_key other;
      for (const member_row& each : view.members)
        if (each.who != me_ && each.state == member_state::active) other = each.who;
      for (const shard_row& each : view.shards)
        if (each.owner == me_ && (other.given() || as == member_state::dead))
          what.shards.push_back(owned(each.which, &each, other));
      what.members.push_back(row(as));
    });
  }

private:
  template <class Fill> void change(Fill fill) {
    for (;;) {
      const auto view = store_->read();
      if (!view) std::exit(1);
      cluster_change what;
      fill(*view, what);
      if (what.empty()) return;
      const auto done = store_->change(view->version, what);
      if (!done) {
        std::fprintf(stderr, "fake node: %s\n", done.error().message.c_str());
        std::exit(1);
      }
      if (*done) return;
    }
  }
  static void bury(member_row each, cluster_change& what) {
    each.state = member_state::dead;
    what.members.push_back(std::move(each));
  }
  static bool lives(const cluster_view& view, const member_key& who) {
    const auto* member = view.find(who);
    const auto* lease = view.find_lease(who);
    return member != nullptr && member->state != member_state::dead &&
           (lease == nullptr || !lease->ended);
  }
  static shard_row owned(const shard_ref& which, const shard_row* held, const member_key& by) {
    shard_row row;
    row.which = which;
    row.owner = by;
    row.epoch = epoch_number{held == nullptr ? 1 : held->epoch.value + 1};
    return row;
  }
  [[nodiscard]] member_row row(member_state as) const {
    return {me_, endpoint_, "tcp://127.0.0.1:1", "fake/1", as, {"market.stall"}};
  }

  std::unique_ptr<lease_store> store_;
  std::string name_;
  std::string endpoint_;
  member_key me_;
};

int serve_node(const words& with) {
  const std::string name = with.at("--name");
  const std::string data = with.at("--data");
  std::string manner;
  std::ifstream{data + '/' + name + ".manner"} >> manner;
  if (manner == "exit") {
    int code = 0;
    std::ifstream in{data + '/' + name + ".manner"};
    in >> manner >> code;
    std::fprintf(stderr, "%s cannot go on\n", name.c_str());
    return code;
  }
  const int signals = stop_signals();
  front handler{name, data};
  handler.silent = manner == "mute";
  server_options options;
  options.endpoint = with.at("--listen");
  options.grants = role::operate;
  auto door = server::start(options, handler, real_clock());
  if (!door) {
    std::fprintf(stderr, "troupe-node: %s\n", door.error().message.c_str());
    return 3;
  }
  seat here{data, name, (*door)->endpoint()};
  here.take();
  std::printf("troupe-node listening on %s\n", (*door)->endpoint().c_str());
  std::fflush(stdout);
  const auto began = real_clock().monotonic();
  bool left = false;
  while (!told_to_stop(signals, look_ms) || manner == "stubborn") {
    if (manner == "hang" && real_clock().monotonic() - began > answers_for) handler.silent = true;
    if (handler.leaving && !left) {
      here.leave(member_state::leaving);
      left = true;
    }
    if (!left) here.take();
  }
  here.leave(member_state::dead);
  (*door)->stop(std::chrono::milliseconds{100});
  return 0;
}

/// Everything is fine, whatever is asked.
int serve_gateway(const words& with) {
  const int signals = stop_signals();
  const std::string listen = with.at("--listen");
  const int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(static_cast<std::uint16_t>(std::stoi(listen.substr(listen.rfind(':') + 1))));
  socklen_t size = sizeof at;
  if (bind(door, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(door, 16) != 0) return 1;
  getsockname(door, reinterpret_cast<sockaddr*>(&at), &size);
  std::printf("troupe-gateway listening on http://127.0.0.1:%d\n", ntohs(at.sin_port));
  std::fflush(stdout);
  for (;;) {
    pollfd ready[] = {{door, POLLIN, 0}, {signals, POLLIN, 0}};
    poll(ready, 2, -1);
    if (ready[1].revents != 0) return 0;
    const int peer = accept(door, nullptr, nullptr);
    char request[4096];
    (void)!read(peer, request, sizeof request);
    constexpr std::string_view fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                                      "Content-Type: application/json\r\n\r\n{}";
    (void)!write(peer, fine.data(), fine.size());
    close(peer);
  }
}

} // namespace

int main(int argc, char** argv) {
  const bool gateway = std::string_view{argv[0]}.ends_with("troupe-gateway");
  const auto with = words_of(argc, argv);
  return gateway ? serve_gateway(with) : serve_node(with);
}
