#include "net/gateway/application.hpp"
#include "net/gateway/http_server.hpp"
#include "tests/gateway/fake_backend.hpp"
#include "tests/gateway/raw_client.hpp"
#include "tests/gateway/shop_contexts.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace troupe;
using namespace troupe::gateway;
using namespace std::chrono_literals;

namespace {

/// A server on a real socket with limits short enough to be run into.
struct short_server {
  fake_backend cluster;
  application app{shop_contexts(), cluster, real_clock()};
  std::unique_ptr<http_server> server;
  explicit short_server(http_limits limits = {}) {
    http_server_options options;
    options.port = 0;
    options.limits = limits;
    cluster.reply = reply_of(7, {{"item", "tea"}});
    server = http_server::start(options, app).value();
  }
  [[nodiscard]] std::string answer(std::string_view bytes) const {
    raw_client client{server->port()};
    client.send(bytes);
    return client.receive();
  }
};

[[nodiscard]] bool starts(const std::string& response, std::string_view with) {
  return response.rfind(with, 0) == 0;
}

[[nodiscard]] std::string post(std::string_view headers, std::string_view body) {
  return "POST /shop/orders HTTP/1.1\r\nHost: h\r\n" + std::string{headers} + "\r\n" +
         std::string{body};
}

} // namespace

TEST_CASE("a request in two pieces, byte by byte or chunked is one request") {
  const short_server running;
  raw_client client{running.server->port()};
  client.send("POST /shop/orders HTT");
  client.send("P/1.1\r\nHost: h\r\nContent-Length: 14\r\n\r\n{\"item\":");
  client.send("\"tea\"}");
  const auto response = client.receive();
  CHECK(starts(response, "HTTP/1.1 201 Created\r\n"));
  CHECK(response.find("Location: http://h/shop/orders/7\r\n") != std::string::npos);
  client.send(
      post("Transfer-Encoding: chunked\r\n", "5\r\n{\"ite\r\n9\r\nm\":\"tea\"}\r\n0\r\n\r\n"));
  CHECK(starts(client.receive(), "HTTP/1.1 201 Created\r\n"));
  CHECK(running.cluster.last().payload == value{value::object{{"item", "tea"}}});
}

TEST_CASE("pipelined requests are answered in order on a connection that stays open") {
  const short_server running;
  raw_client client{running.server->port()};
  std::string burst;
  for (int i = 0; i < 50; ++i)
    burst += i % 2 == 0 ? std::string{"GET /shop/orders/7 HTTP/1.1\r\nHost: h\r\n\r\n"}
                        : post("Content-Length: 2\r\n", "{}");
  client.send(burst);
  for (int i = 0; i < 50; ++i)
    CHECK(starts(client.receive(), i % 2 == 0 ? "HTTP/1.1 200" : "HTTP/1.1 201"));
}

TEST_CASE("bytes that two readers could split differently are refused and the connection ends") {
  const short_server running;
  for (const std::string& bytes :
       {post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
        post("Content-Length: 2\r\nContent-Length: 3\r\n", "{}x"),
        post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"),
        post("Content-Length: -1\r\n", ""), post("Content-Length: 2x\r\n", "{}"),
        post("Transfer-Encoding: gzip\r\n", ""),
        post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\n", "zz\r\n"),
        post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n"),
        post("Host: other\r\n", ""), post("Bad Name: x\r\n", ""),
        std::string{"GET / HTTP/1.1\r\n\r\n"}, std::string{"GET / HTTP/9.9\r\nHost: h\r\n\r\n"},
        std::string{"\x16\x03\x01\r\n\r\n"}}) {
    INFO(bytes);
    raw_client client{running.server->port()};
    client.send(bytes + std::string{"GET /shop/orders/1 HTTP/1.1\r\nHost: h\r\n\r\n"});
    const auto response = client.receive();
    CHECK(starts(response, "HTTP/1.1 400 Bad Request\r\n"));
    CHECK(response.find("Connection: close\r\n") != std::string::npos);
    CHECK(client.receive().empty());
  }
  CHECK(running.cluster.calls() == 0);
}

TEST_CASE("headers and bodies over their limits are refused with their own statuses") {
  const short_server running;
  CHECK(starts(running.answer(post("X-Long: " + std::string(9000, 'x') + "\r\n", "")),
               "HTTP/1.1 431 "));
  CHECK(starts(running.answer("GET /" + std::string(9000, 'x')), "HTTP/1.1 431 "));
  CHECK(starts(running.answer(post("Content-Length: 262145\r\n", "")), "HTTP/1.1 413 "));
  const std::string part = "10000\r\n" + std::string(65'536, ' ') + "\r\n";
  CHECK(starts(running.answer(post("Transfer-Encoding: chunked\r\n",
                                   part + part + part + part + part + "0\r\n\r\n")),
               "HTTP/1.1 413 "));
  const std::string large = R"({"item":")" + std::string(60'000, 'x') + R"("})";
  CHECK(starts(
      running.answer(post("Content-Length: " + std::to_string(large.size()) + "\r\n", large)),
      "HTTP/1.1 201 "));
}

TEST_CASE("a header or body that drips in is cut off with 408") {
  http_limits limits;
  limits.header_time = 40ms;
  limits.body_time = 40ms;
  const short_server running{limits};
  raw_client slow_header{running.server->port()};
  slow_header.send("GET / HTTP/1.1\r\nHos");
  CHECK(starts(slow_header.receive(), "HTTP/1.1 408 Request Timeout\r\n"));
  slow_header.send("t: h\r\n\r\n");
  CHECK(slow_header.closed_by_peer());
  raw_client slow_body{running.server->port()};
  slow_body.send(post("Content-Length: 10\r\n", "{"));
  CHECK(starts(slow_body.receive(), "HTTP/1.1 408 Request Timeout\r\n"));
}

TEST_CASE("an idle connection is closed after its time, and after its number of requests") {
  http_limits limits;
  limits.keep_alive_time = 40ms;
  const short_server idle{limits};
  raw_client client{idle.server->port()};
  CHECK(client.closed_by_peer());
  limits = {};
  limits.requests_per_connection_max = 2;
  const short_server counted{limits};
  raw_client eager{counted.server->port()};
  eager.send("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"
             "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(eager.receive().find("Connection: close") == std::string::npos);
  CHECK(eager.receive().find("Connection: close") != std::string::npos);
  CHECK(eager.receive().empty());
}

TEST_CASE("a cluster that never answers costs a 504, not a connection for ever") {
  http_limits limits;
  limits.answer_time = 40ms;
  short_server running{limits};
  running.cluster.hold = true;
  CHECK(starts(running.answer("GET /shop/orders/7 HTTP/1.1\r\nHost: h\r\n\r\n"), "HTTP/1.1 504 "));
  running.cluster.release();
}

TEST_CASE("HEAD answers like GET without the body, HTTP/1.0 closes unless asked to stay") {
  const short_server running;
  raw_client client{running.server->port()};
  client.send("HEAD /shop/orders/7 HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto head = client.receive(true);
  CHECK(starts(head, "HTTP/1.1 200 OK\r\n"));
  CHECK(head.find("Content-Length: 0\r\n") == std::string::npos);
  client.send("GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(client.receive().find("{\"status\":\"UP\"}") != std::string::npos);
  raw_client stays{running.server->port()};
  stays.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(stays.receive().find("Connection: keep-alive\r\n") != std::string::npos);
  stays.send("GET / HTTP/1.0\r\n\r\n");
  CHECK(stays.receive().find("Connection: close\r\n") != std::string::npos);
  CHECK(stays.closed_by_peer());
}

TEST_CASE("a page over the wire: HEAD tells its length, an unchanged one has no body") {
  const test::temp_folder scratch;
  std::filesystem::create_directories(scratch.path() / "shop" / "html");
  std::ofstream{scratch.path() / "shop" / "html" / "index.html"} << "<h1>shop</h1>";
  fake_backend cluster;
  application_options pages;
  pages.pages = web_pages::read(scratch.path(), shop_contexts());
  application app{shop_contexts(), cluster, real_clock(), std::move(pages)};
  http_server_options options;
  options.port = 0;
  const auto server = http_server::start(options, app).value();
  raw_client client{server->port()};
  client.send("HEAD /shop/html/ HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto head = client.receive(true);
  CHECK(starts(head, "HTTP/1.1 200 OK\r\n"));
  CHECK(head.find("Content-Length: 13\r\n") != std::string::npos);
  const auto at = head.find("ETag: ");
  REQUIRE(at != std::string::npos);
  const auto tag = head.substr(at + 6, head.find("\r\n", at) - at - 6);
  client.send("GET /shop/html/ HTTP/1.1\r\nHost: h\r\nIf-None-Match: " + tag + "\r\n\r\n");
  const auto same = client.receive(true);
  CHECK(starts(same, "HTTP/1.1 304 Not Modified\r\n"));
  CHECK(same.find("Content-Length") == std::string::npos);
  client.send("GET /shop/html HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto moved = client.receive();
  CHECK(starts(moved, "HTTP/1.1 308 Permanent Redirect\r\n"));
  CHECK(moved.find("Location: /shop/html/\r\n") != std::string::npos);
}

TEST_CASE("OPTIONS and 405 name the methods, over the wire too") {
  const short_server running;
  const auto options = running.answer("OPTIONS /shop/orders HTTP/1.1\r\nHost: h\r\n"
                                      "Origin: http://web.test\r\n\r\n");
  CHECK(starts(options, "HTTP/1.1 204 No Content\r\n"));
  CHECK(options.find("Access-Control-Allow-Origin: *\r\n") != std::string::npos);
  CHECK(options.find("Content-Length") == std::string::npos);
  const auto refused = running.answer("PUT /shop/orders HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(starts(refused, "HTTP/1.1 405 Method Not Allowed\r\n"));
  CHECK(refused.find("Allow: GET, HEAD, POST, OPTIONS\r\n") != std::string::npos);
}

TEST_CASE("a client that waits for 100 Continue gets it") {
  const short_server running;
  raw_client client{running.server->port()};
  client.send(post("Content-Length: 2\r\nExpect: 100-continue\r\n", ""));
  CHECK(client.receive(true) == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("{}");
  CHECK(starts(client.receive(), "HTTP/1.1 201 Created\r\n"));
}

TEST_CASE("a client that leaves while its request is open does no harm") {
  short_server running;
  running.cluster.hold = true;
  {
    raw_client client{running.server->port()};
    client.send("GET /shop/orders/7 HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto give_up = std::chrono::steady_clock::now() + 5s;
    while (running.cluster.held() == 0 && std::chrono::steady_clock::now() < give_up) {
    }
  }
  running.cluster.release();
  running.cluster.hold = false;
  CHECK(starts(running.answer("GET /shop/orders/7 HTTP/1.1\r\nHost: h\r\n\r\n"), "HTTP/1.1 200 "));
}
