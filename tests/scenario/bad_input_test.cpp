#include "tests/support/sdk_door.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <random>

/// What a node and a gateway do with bytes, flags and folders that are not meant for them.
namespace troupe::test {
namespace {

/// A TCP connection that says anything.
class raw_connection {
public:
  explicit raw_connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    const timeval limit{1, 0};
    (void)::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~raw_connection() { ::close(socket_); }
  raw_connection(const raw_connection&) = delete;
  raw_connection& operator=(const raw_connection&) = delete;
  [[nodiscard]] bool connected() const { return connected_; }
  void say(std::string_view bytes) const {
    (void)!::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  /// Something of what the other side says; empty if nothing comes.
  [[nodiscard]] std::string hear() const {
    std::string text(512, '\0');
    const auto got = ::recv(socket_, text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

private:
  int socket_;
  bool connected_ = false;
};

/// Greeting and READY of a ZeroMQ dealer, so that the next bytes are taken as its messages.
std::string dealer_greeting() {
  std::string bytes{"\xff\0\0\0\0\0\0\0\1\x7f\3\0NULL", 16};
  bytes.resize(64, '\0');
  return bytes;
}
std::string dealer_ready() {
  const std::string body = std::string{"\5READY\13Socket-Type", 18} +
                           std::string{"\0\0\0\6DEALER", 10} +
                           std::string{"\10Identity\0\0\0\0", 13};
  return std::string{'\4'} + static_cast<char>(body.size()) + body;
}
std::string frame(std::string_view body) {
  std::string bytes{'\2'};
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes += static_cast<char>(body.size() >> static_cast<unsigned>(shift) & 0xffU);
  return bytes += body;
}

TEST_CASE("a node survives bytes that are not its protocol and serves the others") {
  const temp_folder scratch;
  test_node node{scratch.path() / "data", {"--system", "taxi"}};
  node.start();
  auto nodes = connect_to(node);
  REQUIRE(all_up(nodes));
  std::mt19937 dice{20'201'120};
  const auto noise = [&](std::size_t bytes) {
    std::string text(bytes, '\0');
    for (auto& each : text)
      each = static_cast<char>(dice() & 0xffU);
    return text;
  };
  for (int i = 0; i < 30; ++i) {
    const raw_connection stranger{node.port()};
    REQUIRE(stranger.connected());
    stranger.say(noise(1 + dice() % 2'000));
  }
  const raw_connection browser{node.port()};
  browser.say("GET /taxi/calls HTTP/1.1\r\nHost: localhost\r\n\r\n");
  for (int i = 0; i < 30; ++i) {
    const raw_connection dealer{node.port()};
    dealer.say(dealer_greeting() + dealer_ready());
    dealer.say(frame(noise(1 + dice() % 300)));
    dealer.say(frame("\x9a\x01\x02"));
    if (i % 10 == 0) dealer.say(frame(noise(2 * frame_bytes_max)));
  }
  CHECK(nodes.send_sync("taxi.call", {}, taxi::call_taxi{1, "junja", 500}).ok());
  CHECK(node.running());
  CHECK(node.stop() == 0);
}

TEST_CASE("payloads over the limit are refused with a code on both ways in") {
  const temp_folder scratch;
  test_node node{scratch.path() / "data", {"--system", "taxi"}};
  node.start();
  const test_gateway gateway{node.endpoint()};
  auto nodes = connect_to(node);
  const auto big =
      nodes.send_sync("taxi.call", {}, taxi::call_taxi{1, std::string(frame_bytes_max, 'x'), 1});
  REQUIRE_FALSE(big.ok());
  CHECK(big.error().code == errc::too_large);
  const auto said = gateway.ask(
      "POST", "/taxi/calls", R"({"destination":")" + std::string(frame_bytes_max, 'x') + R"("})");
  CHECK((said.status == 413 || said.status == 0)); // it need not read all of it
  CHECK(gateway.ask("POST", "/taxi/calls", R"({"cost":1})").status == 201);
  CHECK(gateway.total("/taxi/calls") == 1);
}

TEST_CASE("a second node of the same name is refused by the name of the holder") {
  const temp_folder scratch;
  test_node first{scratch.path() / "data", {"--system", "taxi", "--name", "holder"}};
  first.start();
  auto nodes = connect_to(first);
  REQUIRE(all_up(nodes));
  const auto second =
      run_program("troupe-node", {"--data", first.data().string(), "--listen", "tcp://127.0.0.1:0",
                                  "--system", "taxi", "--name", "holder"});
  INFO(second.output);
  CHECK(second.exit_code != 0);
  CHECK(second.exit_code != -1);
  CHECK(second.output.find("holder") != std::string::npos);
  CHECK(second.output.find(std::to_string(first.pid())) != std::string::npos);
  CHECK(nodes.send_sync("taxi.call", {}, taxi::call_taxi{1, "junja", 500}).ok());
}

TEST_CASE("a node says what is wrong with its data directory, port or flags") {
  const temp_folder scratch;
  const auto file = scratch.path() / "file";
  std::ofstream{file} << "not a folder";
  const auto on_file = run_program("troupe-node", {"--data", file.string(), "--listen",
                                                   "tcp://127.0.0.1:0", "--system", "taxi"});
  INFO(on_file.output);
  CHECK(on_file.exit_code > 0);
  CHECK(on_file.output.find(file.string()) != std::string::npos);

  test_node node{scratch.path() / "data", {"--system", "taxi"}};
  node.start();
  const auto taken = run_program("troupe-node", {"--data", (scratch.path() / "other").string(),
                                                 "--listen", node.endpoint(), "--system", "taxi"});
  INFO(taken.output);
  CHECK(taken.exit_code > 0);
  CHECK(taken.output.find(node.endpoint()) != std::string::npos);

  CHECK(run_program("troupe-node", {"--no-such-flag"}).exit_code == 2);
  CHECK(run_program("troupe-node", {"--lanes", "many"}).exit_code == 2);
  CHECK(run_program("troupe-node",
                    {"--data", (scratch.path() / "third").string(), "--system", "nowhere"})
            .exit_code == 2);
  CHECK(run_program("troupe-gateway", {"--no-such-flag"}).exit_code != 0);
  CHECK(run_program("troupe-gateway", {"--listen", "nonsense"}).exit_code == 2);
}

} // namespace
} // namespace troupe::test
