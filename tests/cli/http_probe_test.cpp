#include "bin/launcher/http_probe.hpp"

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string_view>

using namespace troupe;
using namespace troupe::cli;
using namespace std::chrono_literals;

namespace {

/// A socket that listens on loopback and answers when the test says so.
struct door {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  http_place place{"127.0.0.1", 0};

  door() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(fd, 16) == 0);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
    place.port = ntohs(at.sin_port);
  }
  ~door() { ::close(fd); }
  /// Takes one connection and says that; what it was asked.
  std::string serve(std::string_view answer) const {
    const int peer = ::accept(fd, nullptr, nullptr);
    char asked[512];
    const auto got = ::read(peer, asked, sizeof asked);
    if (!answer.empty()) (void)!::write(peer, answer.data(), answer.size());
    ::close(peer);
    return {asked, static_cast<std::size_t>(got)};
  }
};

constexpr monotonic_time start{std::chrono::hours{1}};

/// Waits until there is something to look at.
void look(http_probe& probe, monotonic_time now) {
  pollfd ready{probe.fd(), POLLIN, 0};
  if (probe.fd() >= 0) (void)::poll(&ready, 1, 5'000);
  probe.look(now);
}

} // namespace

TEST_CASE("a server that answers is alive, asked as any client would") {
  const door open;
  http_probe probe{open.place};
  REQUIRE(probe.can_ask());
  probe.look(start);
  CHECK_FALSE(probe.answered());
  const auto asked = open.serve("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CHECK(asked.find("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n") == 0);
  look(probe, start + 5ms);
  CHECK(probe.answered() == start + 5ms);
  probe.look(start + 999ms);
  CHECK(probe.fd() == -1);
  probe.look(start + http_probe::interval); // and again
  (void)open.serve("HTTP/1.1 503 Service Unavailable\r\n\r\n");
  look(probe, start + 1'010ms);
  CHECK(probe.answered() == start + 1'010ms); // a refusal is an answer
}

TEST_CASE("a server that takes the connection and closes it is alive") {
  const door open;
  http_probe probe{open.place};
  probe.look(start);
  (void)open.serve({});
  look(probe, start + 1ms);
  CHECK(probe.answered());
}

TEST_CASE("a server that hangs never answers, and is asked afresh") {
  const door open; // the kernel takes connections for it; it serves none
  http_probe probe{open.place};
  for (auto passed = 0ms; passed < 10'000ms; passed += 100ms)
    probe.look(start + passed);
  CHECK_FALSE(probe.answered());
  (void)open.serve({}); // an attempt that was given up long ago
  (void)open.serve({});
  CHECK_FALSE(probe.answered());
}

TEST_CASE("nobody there is no answer") {
  http_place gone;
  {
    const door closed;
    gone = closed.place;
  }
  http_probe probe{gone};
  for (auto passed = 0ms; passed < 3'000ms; passed += 100ms)
    probe.look(start + passed);
  CHECK_FALSE(probe.answered());
}

TEST_CASE("a host that is a name is not asked, for it would have to be looked up") {
  CHECK_FALSE(http_probe{{"gateway.example", 80}}.can_ask());
  CHECK_FALSE(http_probe{{}}.can_ask());
  CHECK(http_probe{{"localhost", 80}}.can_ask());
  CHECK(http_probe{{"::1", 80}}.can_ask());
}
