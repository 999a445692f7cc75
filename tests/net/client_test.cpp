#include "tests/net/fake_node.hpp"

#include <catch2/catch.hpp>
#include <troupe/client.hpp>

#include <atomic>
#include <memory>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace {

client connected(const std::vector<std::string>& endpoints, client_options options = {}) {
  options.endpoints = endpoints;
  auto made = client::connect(options);
  REQUIRE(made.ok());
  return std::move(*made);
}

std::vector<answer> fails(const inbound& to, errc code) {
  return {{to.from, fail(code, "as the test wants it")}};
}

} // namespace

TEST_CASE("a command comes back with what the node answered") {
  fake_node node;
  const auto at = serve(node);
  auto caller = connected({at->endpoint()});
  const auto done = caller.send("taxi.call", {7}, "callTaxi", encode_value(41)).get();
  REQUIRE(done.ok());
  CHECK(done->target.number == 7);
  CHECK(*done->to_value() == value{41});
  CHECK(done->command.ordered());
  const auto seen = node.seen();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].content.context == "taxi.call");
  CHECK(seen[0].content.name == "callTaxi");
  CHECK(seen[0].content.command == done->command);
  CHECK(seen[0].content.remaining_ms <= 2000);
  CHECK(caller.state() == connection_state::up);
  at->stop(100ms);
}

TEST_CASE("a traceparent goes with the call, and what is none is refused at once") {
  fake_node node;
  const auto at = serve(node);
  auto caller = connected({at->endpoint()});
  call_options options;
  options.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  REQUIRE(caller.send("taxi.call", {7}, "callTaxi", encode_value(41), options).get().ok());
  options.traceparent = {};
  REQUIRE(caller.send("taxi.call", {7}, "callTaxi", encode_value(41), options).get().ok());
  options.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736";
  CHECK(caller.send("taxi.call", {7}, "callTaxi", encode_value(41), options).get().error().code ==
        errc::malformed);
  CHECK(caller.get("taxi.call", {7}, options).get().error().code == errc::malformed);
  CHECK(caller.list("taxi.call", {}, options).get().error().code == errc::malformed);
  CHECK(caller.admin("status", {}, options).get().error().code == errc::malformed);
  const auto seen = node.seen();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].content.trace.trace_text() == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(seen[0].content.trace.span_text() == "00f067aa0ba902b7");
  CHECK_FALSE(seen[1].content.trace.given());
  at->stop(100ms);
}

TEST_CASE("many calls at once share frames in both directions") {
  fake_node node;
  const auto at = serve(node);
  auto caller = connected({at->endpoint()});
  constexpr int calls = 10'000;
  std::atomic<int> answered{0};
  std::atomic<int> right{0};
  for (int i = 0; i < calls; ++i) {
    caller.send("taxi.call", {i + 1}, "callTaxi", "\x80", [&, i](result<call_reply> outcome) {
      right += outcome.ok() && outcome->target.number == i + 1;
      ++answered;
    });
  }
  REQUIRE(eventually([&] { return answered == calls; }));
  CHECK(right == calls);
  const auto counted = at->counters();
  CHECK(counted.frames_in < calls / 4);
  CHECK(counted.frames_out < calls / 4);
  CHECK(node.batches() < calls / 4);
}

TEST_CASE("a retryable failure is sent again with the same command id") {
  std::atomic<int> sends{0};
  fake_node node{[&](const inbound& to) {
    return ++sends < 3 ? fails(to, errc::overloaded) : fake_node::echo(to);
  }};
  const auto at = serve(node);
  auto caller = connected({at->endpoint()});
  REQUIRE(caller.send("taxi.call", {1}, "callTaxi", "\x80").get().ok());
  const auto seen = node.seen();
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].content.command == seen[1].content.command);
  CHECK(seen[0].content.command == seen[2].content.command);
}

TEST_CASE("a call is sent at most as often as the client allows, then its last failure is told") {
  fake_node node{[](const inbound& to) { return fails(to, errc::context_down); }};
  const auto at = serve(node);
  auto caller = connected({at->endpoint()});
  const auto done = caller.get("taxi.call", {1}).get();
  REQUIRE(!done.ok());
  CHECK(done.error().code == errc::context_down);
  CHECK(node.seen_count() == 3);
}

TEST_CASE("a failure that would come again is not retried") {
  fake_node node{[](const inbound& to) -> std::vector<answer> {
    return {{to.from, error{errc::rejected, "INVALID_TRANSITION", "no", 0}}};
  }};
  const auto at = serve(node);
  auto caller = connected({at->endpoint()});
  const auto done = caller.send("taxi.call", {1}, "callTaxi", "\x80").get();
  REQUIRE(!done.ok());
  CHECK(done.error().shown_code() == "INVALID_TRANSITION");
  CHECK(node.seen_count() == 1);
}

TEST_CASE("a node's hint to wait is respected, and not beyond the deadline") {
  fake_node node{[](const inbound& to) -> std::vector<answer> {
    return {{to.from, error{errc::overloaded, {}, "later", 5'000}}};
  }};
  const auto at = serve(node);
  auto caller = connected({at->endpoint()});
  const auto start = std::chrono::steady_clock::now();
  const auto done = caller.send("taxi.call", {1}, "callTaxi", "\x80").get();
  REQUIRE(!done.ok());
  CHECK(done.error().code == errc::overloaded);
  CHECK(node.seen_count() == 1);
  CHECK(std::chrono::steady_clock::now() - start < 1s);
}

TEST_CASE("no answer within the deadline leaves the outcome unknown") {
  fake_node node{fake_node::silence};
  const auto at = serve(node);
  auto caller = connected({at->endpoint()});
  const auto done = caller.send("taxi.call", {1}, "callTaxi", "\x80", {.deadline = 100ms}).get();
  REQUIRE(!done.ok());
  CHECK(done.error().code == errc::timeout);
  CHECK(info(done.error().code).effect == outcome::unknown);
}

TEST_CASE("without a node, nothing was sent and the error says so") {
  auto caller = connected({"tcp://127.0.0.1:1"});
  const auto done = caller.send("taxi.call", {1}, "callTaxi", "\x80", {.deadline = 100ms}).get();
  REQUIRE(!done.ok());
  CHECK(done.error().code == errc::unreachable);
  CHECK(caller.state() == connection_state::connecting);
}

TEST_CASE("calls survive a restart of the server on the same port, with the same command id") {
  fake_node before{fake_node::silence};
  auto first = serve(before);
  const auto endpoint = first->endpoint();
  auto caller = connected({endpoint}, {.deadline = 10s});
  auto call = caller.send("taxi.call", {5}, "callTaxi", "\x80");
  REQUIRE(eventually([&] { return before.seen_count() == 1; }));
  first->stop(0ms);
  first.reset();
  fake_node after;
  const auto second = serve(after, {}, endpoint);
  const auto done = call.get();
  REQUIRE(done.ok());
  REQUIRE(after.seen_count() == 1);
  CHECK(after.seen()[0].content.command == before.seen()[0].content.command);
}

TEST_CASE("when one endpoint is dead, the next is used") {
  fake_node node;
  const auto at = serve(node);
  auto caller = connected({"tcp://127.0.0.1:1", at->endpoint()});
  CHECK(caller.send("taxi.call", {1}, "callTaxi", "\x80").get().ok());
}

TEST_CASE("two clients get their own answers") {
  fake_node node;
  const auto at = serve(node);
  auto one = connected({at->endpoint()});
  auto other = connected({at->endpoint()});
  auto first = one.send("taxi.call", {1}, "callTaxi", encode_value(1));
  auto second = other.send("taxi.call", {2}, "callTaxi", encode_value(2));
  CHECK(*first.get()->to_value() == value{1});
  CHECK(*second.get()->to_value() == value{2});
  CHECK(at->counters().connections == 2);
}

TEST_CASE("destroying a client ends its calls at once") {
  fake_node node{fake_node::silence};
  const auto at = serve(node);
  std::future<result<call_reply>> call;
  auto start = std::chrono::steady_clock::now();
  {
    auto caller = connected({at->endpoint()});
    call = caller.send("taxi.call", {1}, "callTaxi", "\x80");
    REQUIRE(eventually([&] { return node.seen_count() == 1; }));
    start = std::chrono::steady_clock::now();
  }
  CHECK(std::chrono::steady_clock::now() - start < 100ms);
  CHECK(call.get().error().code == errc::timeout);
}

TEST_CASE("a client may be destroyed from its own callback") {
  fake_node node;
  const auto at = serve(node);
  auto caller = std::make_shared<client>(connected({at->endpoint()}));
  std::promise<void> gone;
  auto& last = *caller;
  last.get("taxi.call", {1}, [held = std::move(caller), &gone](result<call_reply>) mutable {
    held.reset();
    gone.set_value();
  });
  CHECK(gone.get_future().wait_for(5s) == std::future_status::ready);
}

TEST_CASE("more open calls than allowed are refused without being sent") {
  fake_node node{fake_node::silence};
  const auto at = serve(node);
  auto caller = connected({at->endpoint()}, {.deadline = 200ms, .in_flight_max = 1});
  auto first = caller.get("taxi.call", {1});
  CHECK(caller.get("taxi.call", {2}).get().error().code == errc::overloaded);
  CHECK(first.get().error().code == errc::timeout);
  CHECK(node.seen_count() == 1);
}

TEST_CASE("a request over the frame limit is refused before it is sent") {
  fake_node node;
  const auto at = serve(node);
  auto caller = connected({at->endpoint()});
  const auto done =
      caller.send("taxi.call", {1}, "callTaxi", std::string(frame_bytes_max, 'x')).get();
  CHECK(done.error().code == errc::too_large);
  CHECK(node.seen_count() == 0);
}

TEST_CASE("options out of range are refused") {
  CHECK(client::connect({.endpoints = {}}).error().code == errc::malformed);
  CHECK(client::connect({.endpoints = {"http://x"}}).error().code == errc::malformed);
  CHECK(client::connect({.deadline = 61s}).error().code == errc::malformed);
  CHECK(client::connect({.attempts_max = 0}).error().code == errc::malformed);
  CHECK(client::connect({.in_flight_max = 0}).error().code == errc::malformed);
}

TEST_CASE("a node of another protocol version is told apart from a dead one") {
  fake_node node;
  node.hello.protocol_min = 7;
  node.hello.protocol_max = 9;
  const auto at = serve(node);
  auto caller = connected({at->endpoint()});
  const auto done = caller.get("taxi.call", {1}).get();
  CHECK(done.error().code == errc::unsupported_version);
  CHECK(eventually([&] { return caller.state() == connection_state::version_mismatch; }));
}

TEST_CASE("the contexts are those of the node's hello") {
  fake_node node;
  const auto at = serve(node);
  auto caller = connected({at->endpoint()});
  const auto contexts = caller.contexts().get();
  REQUIRE(contexts.ok());
  CHECK(*contexts == node.hello.contexts);
}

TEST_CASE("an admin verb carries its arguments and brings its answer") {
  fake_node node;
  const auto at = serve(node);
  auto caller = connected({at->endpoint()});
  const value arguments{value::object{{"depth", 2}}};
  const auto done = caller.admin("tree", arguments).get();
  REQUIRE(done.ok());
  CHECK(*done == arguments);
  CHECK(node.seen().at(0).content.kind == request_kind::admin);
  CHECK(node.seen().at(0).content.name == "tree");
}
