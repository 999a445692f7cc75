#include "messages/hello.hpp"
#include "net/intake.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

const std::string observe_key(32, 'o');
const std::string inspect_key(32, 'i');
const std::string operate_key(32, 'p');

struct no_port final : answer_port {
  void deliver(std::vector<answer>&) override {}
};

/// One connection to an endpoint of a node.
struct door {
  server_options options;
  no_port port;
  connection_table peers{10};
  intake gate{options, port};
  connection& peer = *peers.admit("a", {});
  std::vector<inbound> batch;

  explicit door(server_options with) : options(std::move(with)) {}

  void greet(const std::string& wanted, const std::string& key = {},
             const std::string& secret = {}) {
    request hello;
    hello.kind = request_kind::hello;
    hello.id = 1;
    hello.payload = encode_hello_request(
        {.name = "me", .build = "x", .secret = secret, .role = wanted, .key = key});
    say(hello);
  }
  void say(const request& one) {
    peer.output.clear();
    batch.clear();
    std::string frame;
    append_request(frame, one);
    gate.accept(frame, peer, monotonic_time{1h}, batch);
  }
  /// Why the verb was refused; empty: it was let in.
  [[nodiscard]] std::optional<error> ask(std::string_view verb) {
    request one;
    one.kind = request_kind::admin;
    one.id = 2;
    one.name = verb;
    say(one);
    if (batch.size() == 1) return {};
    std::size_t offset = 0;
    const auto read = read_node_message(peer.output.front(), offset);
    return std::get<error>(std::get<reply>(*read).content);
  }
};

server_options data_endpoint() {
  server_options options;
  options.admin_endpoint = "ipc:///data/n1.admin.sock";
  return options;
}
server_options cluster_endpoint() {
  server_options options;
  options.secret = "of the cluster";
  options.grants = role::operate;
  return options;
}
server_options socket_endpoint() {
  server_options options;
  options.grants = role::operate;
  return options;
}
server_options keyed_endpoint() {
  server_options options = socket_endpoint();
  const auto text = "observe = \"" + observe_key + "\"\ninspect = \"" + inspect_key +
                    "\"\noperate = \"" + operate_key + "\"\n";
  options.keys = std::make_shared<const admin_keys>(*admin_keys::parse(text));
  return options;
}

} // namespace

TEST_CASE("every verb is let in by those endpoints that grant its role, and by no other") {
  struct row {
    const char* of;
    server_options options;
    const char* wanted; ///< role in the hello; null: no hello
    std::string key;
    role granted;
  };
  const std::vector<row> rows{
      {"data, no hello", data_endpoint(), nullptr, {}, role::observe},
      {"data", data_endpoint(), "", {}, role::observe},
      {"data, asks for more", data_endpoint(), "operate", {}, role::observe},
      {"data, with a key", data_endpoint(), "operate", operate_key, role::observe},
      {"cluster", cluster_endpoint(), "", {}, role::operate},
      {"socket, no hello", socket_endpoint(), nullptr, {}, role::operate},
      {"socket", socket_endpoint(), "", {}, role::operate},
      {"socket, operate", socket_endpoint(), "operate", {}, role::operate},
      {"socket, inspect", socket_endpoint(), "inspect", {}, role::inspect},
      {"socket, observe", socket_endpoint(), "observe", {}, role::observe},
      {"socket, odd role", socket_endpoint(), "root", {}, role::observe},
      {"keys, no hello", keyed_endpoint(), nullptr, {}, role::observe},
      {"keys, none shown", keyed_endpoint(), "operate", {}, role::observe},
      {"keys, wrong", keyed_endpoint(), "operate", std::string(32, 'x'), role::observe},
      {"keys, observe", keyed_endpoint(), "operate", observe_key, role::observe},
      {"keys, inspect", keyed_endpoint(), "operate", inspect_key, role::inspect},
      {"keys, operate", keyed_endpoint(), "operate", operate_key, role::operate},
      {"keys, operate for less", keyed_endpoint(), "inspect", operate_key, role::inspect},
      {"keys, observe for more", keyed_endpoint(), "", observe_key, role::observe},
  };
  for (const auto& each : rows) {
    INFO(each.of);
    door at{each.options};
    if (each.wanted != nullptr) at.greet(each.wanted, each.key, each.options.secret);
    for (const auto& verb : admin_verbs()) {
      INFO(verb.name);
      const auto refused = at.ask(verb.name);
      CHECK(refused.has_value() == (verb.needs > each.granted));
      if (refused) {
        CHECK(refused->code == errc::unauthorized);
        CHECK_THAT(refused->message, Contains(std::string{role_name(verb.needs)}));
      } else {
        REQUIRE(at.batch.front().by != nullptr);
        CHECK(at.batch.front().by->may == each.granted);
      }
    }
  }
}

TEST_CASE("who is refused hears what to do about it") {
  door data{data_endpoint()};
  CHECK_THAT(data.ask("leave")->message, Contains("ipc:///data/n1.admin.sock"));
  CHECK(data.gate.unauthorized() == 1);
  data.options.admin_endpoint.clear();
  CHECK_THAT(data.ask("leave")->message, Contains("no admin endpoint"));
  door keyed{keyed_endpoint()};
  CHECK_THAT(keyed.ask("leave")->message, Contains("show the key"));
  keyed.greet("", std::string(32, 'x'));
  CHECK_THAT(keyed.ask("leave")->message, Contains("none of this endpoint's"));
  door socket{socket_endpoint()};
  socket.greet("observe");
  CHECK_THAT(socket.ask("leave")->message, Contains("asked for no more"));
}

TEST_CASE("a verb that nobody knows is refused where not everything may be asked") {
  door data{data_endpoint()};
  CHECK(data.ask("juggle")->code == errc::unknown_command);
  CHECK(data.gate.unauthorized() == 0);
  door socket{socket_endpoint()};
  CHECK_FALSE(socket.ask("juggle")); // the handler says what it thinks of it
}

TEST_CASE("a later hello changes the role, and says who asks") {
  door at{socket_endpoint()};
  at.greet("observe");
  CHECK(at.ask("leave"));
  at.greet("operate");
  REQUIRE_FALSE(at.ask("leave"));
  CHECK(at.batch.front().by->name == "me");
}

TEST_CASE("the other end of a socket file is a user and a process, that of tcp an address") {
  auto options = socket_endpoint();
  options.endpoint = "ipc:///run/n1.sock";
  const door by_file{options};
  CHECK(by_file.gate.name_of_peer(":1000:100:4711") == "uid 1000 pid 4711");
  CHECK(by_file.gate.name_of_peer("localhost:1000:100:4711") == "uid 1000 pid 4711");
  for (const auto* odd : {"", "localhost", ":", "a:b"})
    CHECK(by_file.gate.name_of_peer(odd) == odd);
  options.endpoint = "tcp://127.0.0.1:1";
  const door by_tcp{options};
  CHECK(by_tcp.gate.name_of_peer("::1:2:3") == "::1:2:3");
}

TEST_CASE("a hello that cannot be read grants nothing") {
  door at{socket_endpoint()};
  request hello;
  hello.kind = request_kind::hello;
  hello.id = 1;
  hello.payload = "\x90";
  at.say(hello);
  CHECK(at.ask("leave")->code == errc::unauthorized);
}
