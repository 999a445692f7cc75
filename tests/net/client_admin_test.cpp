#include "tests/net/fake_node.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>
#include <troupe/client.hpp>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace {

const std::string key(32, 'k');

server_options keyed() {
  server_options options = for_operators();
  options.keys =
      std::make_shared<const admin_keys>(*admin_keys::parse("operate = \"" + key + "\"\n"));
  return options;
}

/// A node with an endpoint for clients and one for operators.
struct two_doors {
  test::temp_folder folder;
  fake_node node;
  std::unique_ptr<server> admin, data;

  explicit two_doors(const server_options& for_admin = for_operators(), std::string at = {}) {
    if (at.empty()) at = "ipc://" + (folder.path() / "admin.sock").string();
    admin = serve(node, for_admin, at);
    node.hello.admin_endpoint = admin->endpoint();
    data = serve(node, server_options{});
  }
  ~two_doors() {
    admin->stop(100ms);
    data->stop(100ms);
  }
  [[nodiscard]] client connected(client_options options = {}) const {
    options.endpoints = {data->endpoint()};
    auto made = client::connect(std::move(options));
    REQUIRE(made.ok());
    return std::move(*made);
  }
};

errc code_of(const result<value>& from) {
  REQUIRE_FALSE(from.ok());
  return from.error().code;
}

} // namespace

TEST_CASE("verbs above observe go to the admin endpoint that the node names, others do not") {
  const two_doors at;
  auto caller = at.connected({.name = "operator"});
  REQUIRE(caller.admin("status").get().ok());
  CHECK(at.admin->counters().connections == 0);
  REQUIRE(caller.admin("context-stop").get().ok());
  REQUIRE(caller.admin("history", {}, {.endpoint = at.data->endpoint()}).get().ok());
  const auto seen = at.node.seen();
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].by->may == role::observe);
  CHECK(seen[1].by->may == role::operate);
  CHECK(seen[1].by->name == "operator");
  CHECK(seen[1].by->from.find("uid ") != std::string::npos);
  CHECK(seen[1].by->from.find("pid ") != std::string::npos);
  CHECK(at.data->counters().unauthorized == 0);
}

TEST_CASE("commands never go over a link to an admin endpoint") {
  const two_doors at;
  auto caller = at.connected();
  REQUIRE(caller.admin("context-stop").get().ok());
  const auto before = at.admin->counters().requests;
  for (int i = 0; i < 20; ++i)
    REQUIRE(caller.send("taxi.call", {1}, "callTaxi", encode_value(1)).get().ok());
  CHECK(eventually([&] { return at.data->counters().requests >= 20; }));
  CHECK(at.admin->counters().requests - before <= 3); // hellos
}

TEST_CASE("a client asks for no more than its role") {
  const two_doors at;
  auto looks = at.connected({.role = role::inspect});
  CHECK(looks.admin("history").get().ok());
  CHECK(code_of(looks.admin("context-stop").get()) == errc::unauthorized);
  auto watches = at.connected({.role = role::observe});
  CHECK(watches.admin("status").get().ok());
  CHECK(code_of(watches.admin("history").get()) == errc::unauthorized);
}

TEST_CASE("an admin endpoint on tcp wants a key") {
  const two_doors at{keyed(), "tcp://127.0.0.1:*"};
  auto with = at.connected({.admin_key = key});
  CHECK(with.admin("context-stop").get().ok());
  CHECK(at.node.seen().back().by->from.find("127.0.0.1") != std::string::npos);
  auto without = at.connected();
  CHECK(code_of(without.admin("context-stop").get()) == errc::unauthorized);
  auto wrong = at.connected({.admin_key = std::string(32, 'x')});
  CHECK(code_of(wrong.admin("context-stop").get()) == errc::unauthorized);
}

TEST_CASE("a node of a time before admin endpoints is asked where it is") {
  fake_node node;
  const auto door = serve(node); // lets everything in, as such nodes do
  client_options options;
  options.endpoints = {door->endpoint()};
  auto caller = client::connect(options).value();
  CHECK(caller.admin("context-stop").get().ok());
  door->stop(100ms);
}

TEST_CASE("a client that cannot reach the admin endpoint hears where it is") {
  two_doors at;
  at.node.hello.admin_endpoint = "ipc:///nowhere/at/all.sock";
  auto caller = at.connected();
  const auto said = caller.admin("context-stop", {}, {.deadline = 300ms}).get();
  CHECK(code_of(said) == errc::unreachable);
  CHECK(said.error().message.find("ipc:///nowhere/at/all.sock") != std::string::npos);
}
