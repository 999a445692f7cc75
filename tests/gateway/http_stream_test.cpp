// Answers that go on, over real sockets: readers that leave, that are slow, and drains.
#include "messages/codec.hpp"
#include "net/gateway/application.hpp"
#include "net/gateway/dashboard.hpp"
#include "net/gateway/http_server.hpp"
#include "tests/gateway/fake_backend.hpp"
#include "tests/gateway/raw_client.hpp"
#include "tests/gateway/shop_contexts.hpp"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

using namespace troupe;
using namespace troupe::gateway;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 10s;
constexpr std::string_view ask_for_stream =
    "GET /troupe/stream HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n";

/// Looks again and again until something holds.
template <class Look> [[nodiscard]] bool eventually(Look look) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!look()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

/// A gateway whose dashboard watches one made-up node.
struct streaming_gateway {
  fake_backend cluster;
  dashboard board;
  application app;
  std::unique_ptr<http_server> server;
  std::string filling; ///< how much the node says, to make streams large

  streaming_gateway()
      : board(shop_contexts(), cluster, real_clock()),
        app(shop_contexts(), cluster, real_clock(), {.board = &board}) {
    cluster.members = {{"n1", 1, "tcp://a:1", "b", "active"}};
    cluster.node_says = [this](const admin_call& call) -> result<value> {
      return value{value::object{{"state", "up"}, {"verb", call.verb}, {"filling", filling}}};
    };
    board.start();
    server = http_server::start({.port = 0, .limits = {}}, app).value();
  }
  ~streaming_gateway() {
    board.stop();
    server->stop(0ms);
  }
  [[nodiscard]] std::uint32_t connections() { return app.counters().connections.load(); }
};

/// A reader of raw bytes that reads when it is told to.
class reader {
public:
  explicit reader(std::uint16_t port, int buffer = 0) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    if (buffer > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    ::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    timeval most{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
    REQUIRE(::send(socket_, ask_for_stream.data(), ask_for_stream.size(), 0) > 0);
  }
  ~reader() { leave(); }
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  void leave() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  /// Reads until the text stands in what came; false if the stream ended or stood still before.
  [[nodiscard]] bool wait_for(std::string_view text) {
    while (all.find(text) == std::string::npos)
      if (!read_some()) return false;
    return true;
  }
  [[nodiscard]] bool read_some() {
    std::array<char, 64 * 1024> part{};
    const auto got = ::recv(socket_, part.data(), part.size(), 0);
    if (got <= 0) return false;
    all.append(part.data(), static_cast<std::size_t>(got));
    return true;
  }
  std::string all;

private:
  int socket_ = -1;
};

} // namespace

TEST_CASE("a stream has a head without a length and goes on with pictures and deltas") {
  streaming_gateway gateway;
  reader by{gateway.server->port()};
  REQUIRE(by.wait_for("event: delta\n"));
  CHECK(by.all.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(by.all.find("Content-Type: text/event-stream\r\n") != std::string::npos);
  CHECK(by.all.find("Connection: close\r\n") != std::string::npos);
  CHECK(by.all.find("Content-Length") == std::string::npos);
  CHECK(by.all.find("event: picture\ndata: {\"seq\":") != std::string::npos);
  const auto before = by.all.size();
  REQUIRE(by.read_some()); // and on
  CHECK(by.all.size() > before);
}

TEST_CASE("HEAD of a stream is its head alone, and the connection ends") {
  streaming_gateway gateway;
  raw_client client{gateway.server->port()};
  client.send("HEAD /troupe/stream HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto head = client.receive(true);
  CHECK(head.find("text/event-stream") != std::string::npos);
  CHECK(client.closed_by_peer());
}

TEST_CASE("a reader that leaves is noticed at once") {
  streaming_gateway gateway;
  reader stays{gateway.server->port()};
  reader leaves{gateway.server->port()};
  REQUIRE(stays.wait_for("event: delta\n"));
  REQUIRE(leaves.wait_for("event: picture\n"));
  CHECK(gateway.connections() == 2);
  leaves.leave();
  CHECK(eventually([&] { return gateway.connections() == 1; }));
}

TEST_CASE("a reader that takes nothing is cut off at the bound, the others go on") {
  streaming_gateway gateway;
  gateway.filling = std::string(256 * 1024, 'x');
  reader slow{gateway.server->port(), 4096};
  reader quick{gateway.server->port()};
  REQUIRE(quick.wait_for("event: delta\n"));
  int n = 0;
  // What a node says changes all the time, so that each delta is large.
  CHECK(eventually([&] {
    gateway.cluster.happen("tcp://a:1", std::vector<published_event>(100, [&] {
                             published_event event;
                             event.name = "breaker-opened";
                             event.payload =
                                 encode_value(value::object{{"subject", std::to_string(++n)},
                                                            {"text", std::string(4'000, 'y')}});
                             return event;
                           }()));
    return !quick.read_some() || gateway.connections() == 1;
  }));
  CHECK(gateway.connections() == 1);
  const auto before = quick.all.size();
  CHECK(quick.read_some());
  CHECK(quick.all.size() > before);
}

TEST_CASE("a drain ends streams at once") {
  streaming_gateway gateway;
  reader by{gateway.server->port()};
  REQUIRE(by.wait_for("event: picture\n"));
  const auto begun = std::chrono::steady_clock::now();
  CHECK(gateway.server->stop(5s));
  CHECK(std::chrono::steady_clock::now() - begun < 3s);
  while (by.read_some()) {
  }
  CHECK(gateway.connections() == 0);
}
