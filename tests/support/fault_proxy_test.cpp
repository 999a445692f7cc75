#include "tests/support/fault_proxy.hpp"

#include "tests/support/tcp_ends.hpp"

#include <catch2/catch.hpp>
#include <poll.h>
#include <zmq.h>

#include <memory>
#include <stdexcept>
#include <vector>

using namespace troupe::test;

namespace {

constexpr milliseconds brief{100};
constexpr milliseconds patience{20'000};

template <class Holds> bool eventually(Holds holds) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    (void)::poll(nullptr, 0, 2);
  }
  return true;
}

/// A server behind a proxy, and a connection of a client through it.
struct proxied {
  tcp_end listener = listen_on("127.0.0.1", 0);
  fault_proxy proxy{{port_of(listener)}};
  tcp_end client;
  tcp_end server;

  proxied() { connect(); }
  void connect() {
    client = connect_to("127.0.0.1", proxy.port(), patience);
    server = accept_on(listener, patience);
    REQUIRE(client.given());
    REQUIRE(server.given());
  }
  [[nodiscard]] bool works() const {
    return send_text(client, "ping") && read_text(server, 4, patience) == "ping" &&
           send_text(server, "pong") && read_text(client, 4, patience) == "pong";
  }
};

milliseconds time_of(const std::function<void()>& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
}

/// A ZeroMQ socket with the context it lives in.
class queue_end {
public:
  explicit queue_end(int type) : socket_(::zmq_socket(context_.get(), type)) {
    const int none = 0;
    const int soon = 10;
    (void)::zmq_setsockopt(socket_, ZMQ_LINGER, &none, sizeof none);
    (void)::zmq_setsockopt(socket_, ZMQ_RECONNECT_IVL, &soon, sizeof soon);
    const auto time = static_cast<int>(patience.count());
    (void)::zmq_setsockopt(socket_, ZMQ_RCVTIMEO, &time, sizeof time);
  }
  ~queue_end() { ::zmq_close(socket_); }
  queue_end(const queue_end&) = delete;
  queue_end& operator=(const queue_end&) = delete;

  std::uint16_t bind() {
    REQUIRE(::zmq_bind(socket_, "tcp://127.0.0.1:*") == 0);
    std::array<char, 100> endpoint{};
    std::size_t size = endpoint.size();
    REQUIRE(::zmq_getsockopt(socket_, ZMQ_LAST_ENDPOINT, endpoint.data(), &size) == 0);
    const std::string text = endpoint.data();
    return static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':') + 1)));
  }
  void connect(const std::string& endpoint) {
    REQUIRE(::zmq_connect(socket_, endpoint.c_str()) == 0);
  }
  void send(const std::string& text, bool more = false) {
    REQUIRE(::zmq_send(socket_, text.data(), text.size(), more ? ZMQ_SNDMORE : 0) >= 0);
  }
  std::string receive() {
    std::array<char, 1000> text{};
    const int size = ::zmq_recv(socket_, text.data(), text.size(), 0);
    return size < 0 ? "none" : std::string{text.data(), static_cast<std::size_t>(size)};
  }

private:
  std::unique_ptr<void, int (*)(void*)> context_{::zmq_ctx_new(), ::zmq_ctx_term};
  void* socket_;
};

} // namespace

TEST_CASE("Without faults a proxy passes on everything, ends included, and counts it") {
  proxied link;
  REQUIRE(link.works());
  const std::string much(3'000'000, 'x');
  std::string rest = much;
  std::string arrived;
  while (!rest.empty()) {
    const std::string part = rest.substr(0, 10'000);
    if (send_text(link.client, part)) rest.erase(0, part.size());
    arrived += read_text(link.server, 20'000, milliseconds{0});
  }
  arrived += read_text(link.server, much.size() - arrived.size(), patience);
  REQUIRE(arrived == much);
  REQUIRE(eventually([&] { return link.proxy.counts().to_target_bytes == 4 + much.size(); }));
  REQUIRE(link.proxy.counts().to_client_bytes == 4);
  REQUIRE(link.proxy.counts().accepted == 1);
  REQUIRE(link.proxy.counts().open == 1);
  link.client = tcp_end{};
  REQUIRE(state_of(link.server, patience) == tcp_end_state::closed);
  link.server = tcp_end{};
  REQUIRE(eventually([&] { return link.proxy.counts().open == 0; }));
}

TEST_CASE("A delayed direction is late, with jitter too, keeps its order and leaves the other") {
  proxied link;
  link.proxy.set(flow::to_target, {milliseconds{150}, milliseconds{50}});
  const milliseconds took = time_of([&] {
    for (const char* each : {"a", "b", "c", "d"}) {
      REQUIRE(send_text(link.client, each));
      (void)::poll(nullptr, 0, 5); // so that each goes its own way
    }
    REQUIRE(read_text(link.server, 4, patience) == "abcd");
  });
  REQUIRE(took >= milliseconds{150});
  REQUIRE(send_text(link.server, "back"));
  REQUIRE(read_text(link.client, 4, patience) == "back");
  link.proxy.heal();
  REQUIRE(link.works());
}

TEST_CASE("A throttled direction takes its time") {
  proxied link;
  flow_faults slow;
  slow.bytes_per_second = 40'000;
  link.proxy.set(flow::to_client, slow);
  const std::string text(12'000, 'x');
  REQUIRE(send_text(link.server, text));
  const milliseconds took =
      time_of([&] { REQUIRE(read_text(link.client, text.size(), patience) == text); });
  REQUIRE(took >= milliseconds{250}); // 300 less the first piece and what was there before
}

TEST_CASE("A stalled link tells nobody anything, and delivers all of it when it is healed") {
  proxied link;
  flow_faults silent;
  silent.stalled = true;
  link.proxy.set_both(silent);
  REQUIRE(send_text(link.client, "question"));
  REQUIRE(send_text(link.server, "news"));
  REQUIRE(read_text(link.server, 1, brief).empty());
  REQUIRE(read_text(link.client, 1, brief).empty());
  link.client = tcp_end{}; // nobody hears of it
  REQUIRE(state_of(link.server, brief) == tcp_end_state::open);
  link.proxy.heal();
  REQUIRE(read_text(link.server, 8, patience) == "question");
  REQUIRE(state_of(link.server, patience) != tcp_end_state::open);
}

TEST_CASE("What is dropped is lost while the connection stays") {
  proxied link;
  flow_faults lossy;
  lossy.dropped = true;
  link.proxy.set(flow::to_target, lossy);
  REQUIRE(send_text(link.client, "lost"));
  REQUIRE(eventually([&] { return link.proxy.counts().dropped_bytes == 4; }));
  REQUIRE(send_text(link.server, "back"));
  REQUIRE(read_text(link.client, 4, patience) == "back");
  link.proxy.set(flow::to_target, {});
  REQUIRE(send_text(link.client, "kept"));
  REQUIRE(read_text(link.server, 4, patience) == "kept");
  link.proxy.set(flow::to_target, lossy);
  link.client = tcp_end{};
  REQUIRE(state_of(link.server, brief) == tcp_end_state::open); // half-open
}

TEST_CASE("A cut resets both ends and everybody who tries, until it is healed") {
  proxied link;
  REQUIRE(link.works());
  link.proxy.cut();
  REQUIRE(state_of(link.client, patience) == tcp_end_state::reset);
  REQUIRE(state_of(link.server, patience) == tcp_end_state::reset);
  const tcp_end hopeful = connect_to("127.0.0.1", link.proxy.port(), patience);
  REQUIRE((!hopeful.given() || state_of(hopeful, patience) == tcp_end_state::reset));
  REQUIRE(eventually([&] { return link.proxy.counts().refused == 1; }));
  link.proxy.heal();
  link.connect();
  REQUIRE(link.works());
  REQUIRE(link.proxy.counts().accepted == 2);
}

TEST_CASE("A proxy of a server that is not there resets, and serves once it is there") {
  tcp_end listener = listen_on("127.0.0.1", 0);
  const std::uint16_t port = port_of(listener);
  listener = tcp_end{};
  fault_proxy proxy{{port}};
  const tcp_end early = connect_to("127.0.0.1", proxy.port(), patience);
  REQUIRE((!early.given() || state_of(early, patience) == tcp_end_state::reset));
  listener = listen_on("127.0.0.1", port);
  const tcp_end later = connect_to("127.0.0.1", proxy.port(), patience);
  const tcp_end server = accept_on(listener, patience);
  REQUIRE(send_text(later, "hello"));
  REQUIRE(read_text(server, 5, patience) == "hello");
}

TEST_CASE("ZeroMQ goes on through a proxy after a cut") {
  queue_end receiver{ZMQ_PULL};
  fault_proxy proxy{{receiver.bind()}};
  queue_end sender{ZMQ_PUSH};
  sender.connect(proxy.endpoint());
  sender.send("one");
  REQUIRE(receiver.receive() == "one");
  proxy.cut();
  REQUIRE(eventually([&] { return proxy.counts().refused > 0; }));
  proxy.heal();
  sender.send("two");
  REQUIRE(receiver.receive() == "two");
}

TEST_CASE("A proxy that knows ZeroMQ sends every n-th message twice, all its parts") {
  queue_end receiver{ZMQ_PULL};
  fault_proxy proxy{{.target_port = receiver.bind(), .knows_zmtp = true}};
  flow_faults repeating;
  repeating.repeat_every = 2;
  proxy.set(flow::to_target, repeating);
  queue_end sender{ZMQ_PUSH};
  sender.connect(proxy.endpoint());
  const std::string big(600, 'x'); // a frame with a long size
  sender.send("one");
  sender.send("two", true);
  sender.send(big);
  sender.send("three");
  for (const std::string& each : std::vector<std::string>{"one", "two", big, "two", big, "three"})
    REQUIRE(receiver.receive() == each);
  REQUIRE(proxy.counts().repeated_messages == 1);
}
