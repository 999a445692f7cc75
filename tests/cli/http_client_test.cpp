#include "net/http_client.hpp"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>
#include <thread>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// Listens on a free port; answers one connection with fixed bytes after it got a whole head.
class one_answer {
public:
  explicit one_answer(std::string bytes, bool silent = false) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(listen(listener_, 4) == 0);
    socklen_t size = sizeof at;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size);
    place = {"127.0.0.1", ntohs(at.sin_port)};
    server_ = std::thread{[this, bytes = std::move(bytes), silent] { serve(bytes, silent); }};
  }
  ~one_answer() {
    shutdown(listener_, SHUT_RDWR);
    server_.join();
    close(listener_);
  }
  http_place place;
  std::string seen;

private:
  void serve(const std::string& bytes, bool silent) {
    const int peer = accept(listener_, nullptr, nullptr);
    if (peer < 0) return;
    std::array<char, 4096> buffer{};
    while (seen.find("\r\n\r\n") == std::string::npos ||
           (!silent && seen.find("POST") == 0 && seen.find('}') == std::string::npos)) {
      const ssize_t got = read(peer, buffer.data(), buffer.size());
      if (got <= 0) break;
      seen.append(buffer.data(), static_cast<std::size_t>(got));
    }
    if (!silent)
      (void)!write(peer, bytes.data(), bytes.size());
    else
      while (read(peer, buffer.data(), buffer.size()) > 0) {
      }
    close(peer);
  }
  int listener_ = -1;
  std::thread server_;
};

} // namespace

TEST_CASE("A request goes out and its answer comes back") {
  http_answer answer;
  std::string seen;
  {
    one_answer server{"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
                      "Content-Length: 8\r\n\r\n{\"id\":1}"};
    const auto got = http_exchange(server.place, {"POST", "/taxi/calls", "{\"cost\":5}"}, 5s);
    REQUIRE(got);
    answer = *got;
    seen = server.seen;
  }
  CHECK(answer.status == 201);
  CHECK(answer.body == "{\"id\":1}");
  CHECK(answer.content_type == "application/json");
  CHECK(seen.find("POST /taxi/calls HTTP/1.1\r\n") == 0);
  CHECK(seen.find("Content-Length: 10") != std::string::npos);
}

TEST_CASE("Nobody there, no answer in time and a broken answer are told apart") {
  http_place closed;
  {
    one_answer server{""};
    closed = server.place;
  }
  CHECK(http_exchange(closed, {}, 1s).error().code == errc::unreachable);
  {
    one_answer silent{"", true};
    CHECK(http_exchange(silent.place, {}, 100ms).error().code == errc::timeout);
  }
  {
    one_answer cut{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"};
    CHECK(http_exchange(cut.place, {}, 5s).error().code == errc::timeout);
  }
  {
    one_answer large{"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nabc"};
    const auto refused = http_exchange(large.place, {}, 5s);
    INFO(refused.error().message);
    CHECK(refused.error().code == errc::too_large);
  }
}

TEST_CASE("Requests that are none are refused") {
  const http_place at{"127.0.0.1", 1};
  CHECK(http_exchange(at, {"BREW", "/", {}}, 1s).error().code == errc::malformed);
  CHECK(http_exchange(at, {"GET", "x", {}}, 1s).error().code == errc::malformed);
  CHECK(http_exchange(at, {"GET", "/a b\r\nX: y", {}}, 1s).error().code == errc::malformed);
}

TEST_CASE("Places are written HOST:PORT") {
  CHECK(parse_http_place("127.0.0.1:8080")->port == 8080);
  CHECK(parse_http_place("[::1]:80")->host == "::1");
  for (const char* wrong : {"", ":80", "host", "host:", "host:x", "host:70000"})
    CHECK_FALSE(parse_http_place(wrong));
}

TEST_CASE("A port that is in use is noticed before a server is started there") {
  one_answer server{""};
  CHECK_FALSE(*is_free(server.place));
  CHECK(*is_free({"127.0.0.1", 0}));
  CHECK_FALSE(is_free({"192.0.2.1", 5}));
}
