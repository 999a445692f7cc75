#include "net/gateway/http_server.hpp"

#include "net/gateway/application.hpp"
#include "tests/gateway/fake_backend.hpp"
#include "tests/gateway/raw_client.hpp"
#include "tests/gateway/shop_contexts.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <thread>

using namespace troupe;
using namespace troupe::gateway;
using namespace std::chrono_literals;

namespace {

struct running_server {
  fake_backend cluster;
  application app{shop_contexts(), cluster, real_clock()};
  std::unique_ptr<http_server> server;
  explicit running_server(http_server_options options = {}) {
    options.port = 0;
    cluster.reply = reply_of(7, {{"item", "tea"}});
    server = http_server::start(options, app).value();
  }
};

constexpr std::string_view get_item = "GET /shop/orders/7 HTTP/1.1\r\nHost: h\r\n\r\n";

} // namespace

TEST_CASE(
    "a stopping server answers open requests, closes idle connections and takes no new ones") {
  running_server running;
  raw_client idle{running.server->port()};
  raw_client open{running.server->port()};
  running.cluster.hold = true;
  open.send(get_item);
  const auto give_up = std::chrono::steady_clock::now() + 5s;
  while (running.cluster.held() == 0 && std::chrono::steady_clock::now() < give_up)
    std::this_thread::yield();
  REQUIRE(running.cluster.held() == 1);
  auto stopped = std::async(std::launch::async, [&] { return running.server->stop(5s); });
  CHECK(idle.closed_by_peer());
  CHECK_FALSE(raw_client{running.server->port()}.connected());
  running.cluster.release();
  const auto response = open.receive();
  CHECK(response.rfind("HTTP/1.1 200 OK\r\n", 0) == 0);
  CHECK(response.find("Connection: close\r\n") != std::string::npos);
  CHECK(open.closed_by_peer());
  CHECK(stopped.get());
}

TEST_CASE(
    "a request that stays open is cut at the stop's deadline, and its late answer is dropped") {
  running_server running;
  running.cluster.hold = true;
  raw_client open{running.server->port()};
  open.send(get_item);
  const auto give_up = std::chrono::steady_clock::now() + 5s;
  while (running.cluster.held() == 0 && std::chrono::steady_clock::now() < give_up)
    std::this_thread::yield();
  CHECK_FALSE(running.server->stop(50ms));
  CHECK(open.closed_by_peer());
  running.server.reset();
  running.cluster.release();
  CHECK(running.app.counters().in_flight == 0);
}

TEST_CASE("several loops share one port") {
  http_server_options options;
  options.threads = 3;
  running_server running{options};
  for (int i = 0; i < 12; ++i) {
    raw_client client{running.server->port()};
    client.send(get_item);
    CHECK(client.receive().rfind("HTTP/1.1 200", 0) == 0);
  }
  CHECK(running.server->stop(1s));
}

TEST_CASE("options that cannot work are refused at start") {
  fake_backend cluster;
  application app{shop_contexts(), cluster, real_clock()};
  http_server_options options;
  options.host = "no address";
  CHECK(http_server::start(options, app).error().code == errc::malformed);
  options = {};
  options.threads = 0;
  CHECK(http_server::start(options, app).error().code == errc::malformed);
  options = {};
  options.host = "192.0.2.1"; // of nobody
  CHECK(http_server::start(options, app).error().code == errc::unreachable);
}

TEST_CASE("connections over the bound are dropped, the others are served") {
  http_server_options options;
  options.limits.connections_max = 1;
  running_server running{options};
  raw_client first{running.server->port()};
  first.send(get_item);
  CHECK_FALSE(first.receive().empty());
  raw_client second{running.server->port()};
  CHECK(second.closed_by_peer());
  first.send(get_item);
  CHECK_FALSE(first.receive().empty());
}

TEST_CASE("listen addresses are a host and a port") {
  CHECK(read_listen_address("127.0.0.1:8080").value().port == 8080);
  CHECK(read_listen_address("[::1]:0").value().host == "::1");
  for (const auto* text : {"", "8080", ":8080", "h:", "h:x", "h:65536"})
    CHECK(read_listen_address(text).error().code == errc::malformed);
}

TEST_CASE("requests count to the address that they come from") {
  fake_backend cluster;
  cluster.reply = reply_of(7, {{"item", "tea"}});
  application_options limits;
  limits.client_rate = {1,
                        2}; // a second is longer than this test, and if not the third still waits
  application app{shop_contexts(), cluster, real_clock(), std::move(limits)};
  http_server_options options;
  options.port = 0;
  const auto server = http_server::start(options, app).value();
  int refused = 0;
  for (int i = 0; i < 10; ++i) { // each on a connection of its own, from the same place
    raw_client caller{server->port()};
    caller.send(get_item);
    const auto response = caller.receive();
    if (response.rfind("HTTP/1.1 429 Too Many Requests\r\n", 0) != 0) continue;
    ++refused;
    CHECK(response.find("Retry-After: 1\r\n") != std::string::npos);
    CHECK(response.find("RateLimit-Remaining: 0\r\n") != std::string::npos);
  }
  CHECK(refused > 0);
}
