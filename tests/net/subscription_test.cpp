#include "messages/credit.hpp"
#include "tests/net/fake_node.hpp"

#include <catch2/catch.hpp>
#include <troupe/client.hpp>

#include <atomic>
#include <mutex>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace {

answer push_to(const origin& to, std::uint64_t first, std::uint64_t last) {
  std::string payload;
  writer out{payload};
  out.array(static_cast<std::uint32_t>(last - first + 1));
  for (auto index = first; index <= last; ++index) {
    published_event event;
    event.index = {index};
    event.aggregate = {1};
    event.name = "CalledTaxi";
    event.payload = "\x80";
    append_event(out, event);
  }
  return {to, event_push{0, {last + 1}, std::move(payload)}};
}

void deliver(answer one) {
  auto* port = one.to.port;
  std::vector<answer> batch;
  batch.push_back(std::move(one));
  port->deliver(batch);
}

/// What a subscriber saw.
struct witness {
  std::mutex mutex;
  std::vector<std::uint64_t> indexes;
  record_index next;
  std::vector<errc> ends;

  [[nodiscard]] client::event_callback events() {
    return [this](const std::vector<published_event>& some, record_index after) {
      const std::lock_guard lock{mutex};
      for (const auto& each : some)
        indexes.push_back(each.index.value);
      next = after;
    };
  }
  [[nodiscard]] client::end_callback end() {
    return [this](const error& why) {
      const std::lock_guard lock{mutex};
      ends.push_back(why.code);
    };
  }
  [[nodiscard]] std::size_t count() {
    const std::lock_guard lock{mutex};
    return indexes.size();
  }
  [[nodiscard]] std::size_t end_count() {
    const std::lock_guard lock{mutex};
    return ends.size();
  }
};

std::vector<std::uint64_t> numbers(std::uint64_t last) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t i = 1; i <= last; ++i)
    all.push_back(i);
  return all;
}

client connected(const std::string& endpoint) {
  client_options options;
  options.endpoints = {endpoint};
  auto made = client::connect(options);
  REQUIRE(made.ok());
  return std::move(*made);
}

} // namespace

TEST_CASE("a subscription resumes behind what it saw after the server restarts, without repeats") {
  fake_node before{fake_node::silence};
  auto first = serve(before);
  const auto endpoint = first->endpoint();
  witness saw;
  auto caller = connected(endpoint);
  (void)caller.subscribe("taxi.call", {1}, {.from = {1}}, saw.events(), saw.end());
  REQUIRE(eventually([&] { return before.seen_count() == 1; }));
  const auto opened = decode_subscribe_request(before.seen()[0].content.payload);
  CHECK(opened->shard.value == 1);
  CHECK(opened->from.value == 1);
  deliver(push_to(before.seen()[0].from, 1, 3));
  deliver(push_to(before.seen()[0].from, 4, 5));
  REQUIRE(eventually([&] { return saw.count() == 5; }));
  first->stop(0ms);
  first.reset();

  fake_node after{fake_node::silence};
  const auto second = serve(after, {}, endpoint);
  REQUIRE(eventually([&] { return after.seen_count() == 1; }));
  const auto resumed = decode_subscribe_request(after.seen()[0].content.payload);
  CHECK(resumed->from.value == 6);
  deliver(push_to(after.seen()[0].from, 4, 8)); // a node may be generous
  REQUIRE(eventually([&] { return saw.count() == 8; }));
  CHECK(saw.indexes == numbers(8));
  CHECK(saw.next.value == 9);
  CHECK(saw.end_count() == 0);
}

TEST_CASE("credit is granted as the callback returns, under the subscription's id") {
  fake_node node{fake_node::silence};
  const auto at = serve(node);
  witness saw;
  auto caller = connected(at->endpoint());
  (void)caller.subscribe("taxi.call", {0}, {.credit = 8}, saw.events());
  REQUIRE(eventually([&] { return node.seen_count() == 1; }));
  const auto to = node.seen()[0];
  CHECK(decode_subscribe_request(to.content.payload)->credit == 8);
  deliver(push_to(to.from, 1, 8));
  REQUIRE(eventually([&] { return node.seen_count() == 2; }));
  const auto grant = node.seen()[1];
  CHECK(grant.content.kind == request_kind::credit);
  CHECK(grant.content.id == to.content.id);
  CHECK(grant.from.connection == to.from.connection);
  CHECK(*decode_credit(grant.content.payload) == 8);
}

TEST_CASE("an end that can be mended is mended silently, another one is told") {
  std::atomic<int> opened{0};
  fake_node node{[&](const inbound& to) -> std::vector<answer> {
    const auto code = ++opened == 1 ? errc::context_down : errc::position_gone;
    return {{to.from, fail(code, "as the test wants it")}};
  }};
  const auto at = serve(node);
  witness saw;
  auto caller = connected(at->endpoint());
  (void)caller.subscribe("taxi.call", {0}, {}, saw.events(), saw.end());
  REQUIRE(eventually([&] { return saw.end_count() == 1; }));
  CHECK(saw.ends[0] == errc::position_gone);
  CHECK(opened == 2);
}

TEST_CASE("after unsubscribe nothing is delivered any more") {
  fake_node node{fake_node::silence};
  const auto at = serve(node);
  witness saw;
  auto caller = connected(at->endpoint());
  const auto handle = caller.subscribe("taxi.call", {0}, {}, saw.events(), saw.end());
  REQUIRE(eventually([&] { return node.seen_count() == 1; }));
  caller.unsubscribe(handle);
  REQUIRE(eventually([&] { return node.seen_count() == 2; }));
  const auto end = node.seen()[1];
  CHECK(end.content.kind == request_kind::unsubscribe);
  deliver(push_to(end.from, 1, 3));
  deliver({end.from, reply_content{}});
  CHECK(caller.get("taxi.call", {1}, {.deadline = 50ms}).get().error().code == errc::timeout);
  CHECK(saw.count() == 0);
  CHECK(saw.end_count() == 0);
}

TEST_CASE("when a subscriber is gone, the node hears an unsubscribe") {
  fake_node node{fake_node::silence};
  auto at = serve(node);
  {
    auto caller = connected(at->endpoint());
    (void)caller.subscribe("taxi.call", {0}, {}, [](const auto&, record_index) {});
    REQUIRE(eventually([&] { return node.seen_count() == 1; }));
  }
  const auto to = node.seen()[0].from;
  // The next push finds the peer gone.
  REQUIRE(eventually([&] {
    deliver(push_to(to, 1, 1));
    return node.seen_count() == 2;
  }));
  CHECK(node.seen()[1].content.kind == request_kind::unsubscribe);
  CHECK(node.seen()[1].from.connection == to.connection);
  CHECK(node.seen()[1].from.request == to.request);
}

TEST_CASE("a subscription from now on asks for its position once it knows it") {
  fake_node before{fake_node::silence};
  auto first = serve(before);
  const auto endpoint = first->endpoint();
  witness saw;
  auto caller = connected(endpoint);
  (void)caller.subscribe("taxi.call", {0}, {.only_new = true}, saw.events());
  REQUIRE(eventually([&] { return before.seen_count() == 1; }));
  CHECK(decode_subscribe_request(before.seen()[0].content.payload)->only_new);
  deliver({before.seen()[0].from, event_push{0, {43}, "\x90"}}); // no events, only the position
  // Nothing shows that it arrived, but an answer sent behind it cannot overtake it.
  auto behind = caller.get("taxi.call", {1});
  REQUIRE(eventually([&] { return before.seen_count() == 2; }));
  deliver({before.seen()[1].from, reply_content{}});
  REQUIRE(behind.get().ok());
  first->stop(0ms);
  first.reset();
  fake_node after{fake_node::silence};
  const auto second = serve(after, {}, endpoint);
  REQUIRE(eventually([&] { return after.seen_count() == 1; }));
  const auto resumed = decode_subscribe_request(after.seen()[0].content.payload);
  CHECK_FALSE(resumed->only_new);
  CHECK(resumed->from.value == 43);
}

TEST_CASE("the events of one node come from its endpoint, also after it was away") {
  fake_node home{fake_node::silence};
  const auto first = serve(home);
  fake_node other{fake_node::silence};
  auto second = serve(other);
  const auto endpoint = second->endpoint();
  witness saw;
  auto caller = connected(first->endpoint());
  (void)caller.subscribe_node(endpoint, {.from = {3}}, saw.events(), saw.end());
  REQUIRE(eventually([&] { return other.seen_count() == 1; }));
  CHECK(other.seen()[0].content.context == "node.events");
  CHECK(decode_subscribe_request(other.seen()[0].content.payload)->from.value == 3);
  deliver(push_to(other.seen()[0].from, 3, 4));
  REQUIRE(eventually([&] { return saw.count() == 2; }));
  second->stop(0ms);
  second.reset();

  fake_node again{fake_node::silence};
  const auto third = serve(again, {}, endpoint);
  REQUIRE(eventually([&] { return again.seen_count() == 1; }));
  CHECK(decode_subscribe_request(again.seen()[0].content.payload)->from.value == 5);
  deliver(push_to(again.seen()[0].from, 9, 9)); // a gap is the reader's to see
  REQUIRE(eventually([&] { return saw.count() == 3; }));
  CHECK(saw.indexes == std::vector<std::uint64_t>{3, 4, 9});
  CHECK(home.seen_count() == 0);
  CHECK(saw.end_count() == 0);
}

TEST_CASE("what is no endpoint has no events, which is said at once") {
  witness saw;
  auto caller = connected("tcp://127.0.0.1:1");
  CHECK(caller.subscribe_node("udp://127.0.0.1:7", {}, saw.events(), saw.end()) == 0);
  REQUIRE(saw.end_count() == 1);
  CHECK(saw.ends[0] == errc::malformed);
}
