#include "bin/launcher/node_link.hpp"

#include "net/server.hpp"
#include "tests/net/fake_node.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;
using namespace troupe::testing;
using std::chrono::milliseconds;

namespace {

bool comes(node_link& link, const std::function<bool()>& holds) {
  return eventually([&] {
    link.look(real_clock().monotonic());
    return holds();
  });
}

} // namespace

TEST_CASE("A node that answers is alive, again and again, and says who it is") {
  fake_node node;
  const auto door = serve(node);
  zmq_context sockets;
  node_link link{sockets, door->endpoint(), "node-1"};
  REQUIRE(comes(link, [&] { return link.answered().has_value(); }));
  CHECK(link.said().build == "test");
  const auto first = *link.answered();
  REQUIRE(comes(link, [&] { return *link.answered() > first; }));
  CHECK(*link.answered() - first >= milliseconds{500});
  door->stop(milliseconds{100});
}

TEST_CASE("Answers of another node do not count") {
  fake_node node;
  const auto door = serve(node);
  zmq_context sockets;
  node_link link{sockets, door->endpoint(), "n2"};
  REQUIRE(comes(link, [&] { return !link.stranger().empty(); }));
  CHECK(link.stranger() == "node-1");
  CHECK_FALSE(link.answered());
  door->stop(milliseconds{100});
}

TEST_CASE("A verb is answered once; without an answer it runs out of time") {
  fake_node node{[](const inbound& to) -> std::vector<answer> {
    if (to.content.name == "leave") return {fake_node::reply_to(to, encode_value(value{7}))};
    if (to.content.name == "odd") return {{to.from, fail(errc::unknown_command, "what?")}};
    return {};
  }};
  const auto door = serve(node);
  zmq_context sockets;
  node_link link{sockets, door->endpoint(), ""};
  std::optional<result<value>> said;
  const auto answered = [&] {
    said = link.answer(real_clock().monotonic());
    return said.has_value();
  };
  link.ask("leave", value{}, real_clock().monotonic(), milliseconds{10'000});
  REQUIRE(comes(link, answered));
  REQUIRE(*said);
  CHECK(said->value() == value{7});
  CHECK_FALSE(link.answer(real_clock().monotonic()));
  link.ask("odd", value{}, real_clock().monotonic(), milliseconds{10'000});
  REQUIRE(comes(link, answered));
  CHECK(said->error().code == errc::unknown_command);
  link.ask("silence", value{}, real_clock().monotonic(), milliseconds{50});
  REQUIRE(comes(link, answered));
  CHECK(said->error().code == errc::timeout);
  door->stop(milliseconds{100});
}

TEST_CASE("An answer that comes too late is taken for nothing else") {
  fake_node node{[](const inbound& to) -> std::vector<answer> {
    hello_reply impostor;
    impostor.node = "impostor";
    return {fake_node::reply_to(to, to.content.name == "late" ? encode_hello_reply(impostor)
                                                              : encode_value(value{7}))};
  }};
  const auto door = serve(node);
  zmq_context sockets;
  node_link link{sockets, door->endpoint(), "node-1"};
  REQUIRE(comes(link, [&] { return link.answered().has_value(); }));
  const auto now = real_clock().monotonic();
  link.ask("late", value{}, now, milliseconds{0});
  const auto too_late = link.answer(now);
  REQUIRE(too_late);
  CHECK(too_late->error().code == errc::timeout);
  link.ask("next", value{}, now, milliseconds{10'000}); // comes behind it
  std::optional<result<value>> said;
  REQUIRE(comes(link, [&] {
    said = link.answer(real_clock().monotonic());
    return said.has_value();
  }));
  CHECK(said->value() == value{7});
  CHECK(link.stranger().empty());
  door->stop(milliseconds{100});
}

TEST_CASE("Nobody at the endpoint, or no endpoint at all, is silence") {
  zmq_context sockets;
  node_link odd{sockets, "rubbish", ""};
  odd.look(real_clock().monotonic());
  CHECK_FALSE(odd.answered());
  node_link nobody{sockets, "tcp://127.0.0.1:1", ""};
  nobody.ask("leave", value{}, real_clock().monotonic(), milliseconds{20});
  std::optional<result<value>> said;
  REQUIRE(comes(nobody, [&] {
    said = nobody.answer(real_clock().monotonic());
    return said.has_value();
  }));
  CHECK(said->error().code == errc::timeout);
}

TEST_CASE(
    "A verb that changes something is asked at the node's admin endpoint, others where it is") {
  const test::temp_folder folder;
  fake_node node;
  const auto admin = serve(node, for_operators(), "ipc://" + (folder.path() / "a.sock").string());
  node.hello.admin_endpoint = admin->endpoint();
  const auto door = serve(node, server_options{}); // lets nobody change anything
  zmq_context sockets;
  node_link link{sockets, door->endpoint(), "node-1"};
  REQUIRE(comes(link, [&] { return link.answered().has_value(); }));
  const auto asked = [&](const char* verb) {
    std::optional<result<value>> said;
    link.ask(verb, value{7}, real_clock().monotonic(), milliseconds{5'000});
    REQUIRE(comes(link, [&] {
      said = link.answer(real_clock().monotonic());
      return said.has_value();
    }));
    return *said;
  };
  CHECK(asked("status").ok());
  CHECK(admin->counters().connections == 0);
  CHECK(asked("leave").ok());
  CHECK(asked("status").ok());
  const auto seen = node.seen();
  REQUIRE(seen.size() == 3);
  CHECK(seen[1].content.name == "leave");
  CHECK(seen[1].by->name == "launcher");
  CHECK(seen[1].by->may == role::operate);
  CHECK(seen[2].by->may == role::observe);
  admin->stop(milliseconds{100});
  door->stop(milliseconds{100});
}
