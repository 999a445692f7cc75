#include "net/intake.hpp"

#include "messages/hello.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct no_port final : answer_port {
  void deliver(std::vector<answer>&) override {}
};

struct fixture {
  server_options options;
  no_port port;
  connection_table peers{10};
  intake gate{options, port};
  connection& peer = *peers.admit("a", {});
  std::vector<inbound> batch;

  monotonic_time now{1h};

  void accept(request_kind kind, std::uint64_t id, connection* by = nullptr) {
    request one;
    one.kind = kind;
    one.id = id;
    one.context = "taxi.call";
    one.target = {1};
    if (kind == request_kind::admin) one.name = "status";
    std::string frame;
    append_request(frame, one);
    gate.accept(frame, by != nullptr ? *by : peer, now, batch);
  }
  [[nodiscard]] connection* give_back(const origin& to) {
    answer done{to, reply_content{}};
    return gate.give_back(done, peers);
  }
  /// The only reply in the peer's output.
  [[nodiscard]] error refused() {
    std::size_t offset = 0;
    const auto read = read_node_message(peer.output.front(), offset);
    peer.output.clear();
    return std::get<error>(std::get<reply>(*read).content);
  }
  [[nodiscard]] errc refusal() { return refused().code; }
};

} // namespace

TEST_CASE("an answer frees its place, also when its connection was forgotten") {
  fixture with;
  with.accept(request_kind::get, 1);
  with.accept(request_kind::get, 2);
  CHECK(with.gate.in_flight() == 2);
  CHECK(with.give_back(with.batch[0].from) == &with.peer);
  with.peers.forget(with.peer.number);
  CHECK(with.give_back(with.batch[1].from) == nullptr);
  CHECK(with.gate.in_flight() == 0);
}

TEST_CASE("subscriptions take no place, and end once") {
  fixture with;
  with.accept(request_kind::subscribe, 1);
  CHECK(with.gate.in_flight() == 0);
  with.accept(request_kind::credit, 1);
  REQUIRE(with.batch.size() == 2);
  CHECK(with.batch[0].from.connection == with.batch[1].from.connection);
  CHECK(with.give_back(with.batch[0].from) == &with.peer);
  CHECK(with.give_back(with.batch[0].from) == nullptr);
}

TEST_CASE("credit for an unknown subscription is dropped, a second one of the same id refused") {
  fixture with;
  with.accept(request_kind::credit, 9);
  with.accept(request_kind::unsubscribe, 9);
  CHECK(with.batch.empty());
  CHECK(with.peer.output.empty());
  with.accept(request_kind::subscribe, 1);
  with.accept(request_kind::subscribe, 1);
  CHECK(with.batch.size() == 1);
  CHECK(with.refusal() == errc::malformed);
}

TEST_CASE("subscriptions of one connection are bounded") {
  fixture with;
  for (std::uint64_t id = 1; id <= intake::connection_subscriptions_max; ++id)
    with.accept(request_kind::subscribe, id);
  CHECK(with.peer.output.empty());
  with.accept(request_kind::subscribe, 5000);
  CHECK(with.refusal() == errc::overloaded);
}

TEST_CASE("a connection that is given up ends its subscriptions at the handler") {
  fixture with;
  with.accept(request_kind::subscribe, 1);
  with.accept(request_kind::subscribe, 2);
  std::vector<inbound> ends;
  with.gate.abandon(with.peer, monotonic_time{1h}, ends);
  REQUIRE(ends.size() == 2);
  CHECK(ends[1].content.kind == request_kind::unsubscribe);
  CHECK(ends[1].from.connection == with.batch[1].from.connection);
  CHECK(ends[1].from.request == 2);
}

TEST_CASE("events over the frame limit end their subscription instead of leaving a gap") {
  fixture with;
  with.accept(request_kind::subscribe, 1);
  answer push{with.batch[0].from, event_push{0, {2}, std::string(frame_bytes_max, 'x')}};
  CHECK(with.gate.give_back(push, with.peers) == &with.peer);
  CHECK(with.peer.subscriptions.empty());
  CHECK(with.refusal() == errc::too_large);
}

TEST_CASE("an endpoint between nodes takes requests of those that show the secret only") {
  fixture with;
  with.options.secret = "of the cluster";
  with.accept(request_kind::get, 1);
  CHECK(with.batch.empty());
  CHECK(with.refusal() == errc::unauthorized);

  const auto greet = [&](const std::string& secret) {
    request hello;
    hello.kind = request_kind::hello;
    hello.id = 2;
    hello.payload = encode_hello_request({"n2", "", secret});
    std::string frame;
    append_request(frame, hello);
    with.gate.accept(frame, with.peer, monotonic_time{1h}, with.batch);
  };
  greet("another");
  CHECK(with.batch.empty());
  CHECK(with.refusal() == errc::unauthorized);
  greet("of the cluster");
  REQUIRE(with.batch.size() == 1);
  with.accept(request_kind::get, 3);
  REQUIRE(with.batch.size() == 2);
  CHECK_FALSE(with.batch[1].internal); // it says nothing of a part
}

TEST_CASE("what a part of another node says besides is taken from nodes, not from clients") {
  fixture with;
  request one;
  one.kind = request_kind::get;
  one.id = 4;
  one.context = "taxi.call";
  one.target = {1};
  std::string frame;
  append_forwarded(frame, one, {shard_number{3}, event_source{"taxi.payment", {1}, {9}}});
  with.gate.accept(frame, with.peer, monotonic_time{1h}, with.batch);
  REQUIRE(with.batch.size() == 1);
  CHECK_FALSE(with.batch[0].internal);
  CHECK_FALSE(with.batch[0].forwarded.has_value());
  CHECK_FALSE(with.batch[0].reacts_to.has_value());

  with.options.secret = "s";
  with.peer.trusted = true;
  with.gate.accept(frame, with.peer, monotonic_time{1h}, with.batch);
  REQUIRE(with.batch.size() == 2);
  CHECK(with.batch[1].internal);
  CHECK(with.batch[1].forwarded == shard_number{3});
  CHECK(with.batch[1].reacts_to == event_source{"taxi.payment", {1}, {9}});
}

TEST_CASE("a connection above its rate hears exactly when to come again") {
  fixture with;
  with.options.client_rate = {10, 3};
  for (std::uint64_t id = 1; id <= 3; ++id)
    with.accept(request_kind::get, id);
  REQUIRE(with.batch.size() == 3);
  with.now += 30ms;
  with.accept(request_kind::get, 4);
  CHECK(with.batch.size() == 3);
  const auto why = with.refused();
  CHECK(why.code == errc::rate_limited);
  CHECK(why.retry_after_ms == 70);
  CHECK(with.gate.rate_limited() == 1);
  CHECK(with.gate.in_flight() == 3); // a refused one takes no place
  with.now += 70ms;
  with.accept(request_kind::get, 5);
  CHECK(with.batch.size() == 4);
}

TEST_CASE("rates are of each connection, and operators are free of them") {
  fixture with;
  with.options.client_rate = {1, 1};
  with.accept(request_kind::get, 1);
  with.accept(request_kind::get, 2);
  CHECK(with.refusal() == errc::rate_limited);
  with.accept(request_kind::get, 3, with.peers.admit("b", {}));
  with.accept(request_kind::admin, 4);
  with.accept(request_kind::hello, 5);
  CHECK(with.batch.size() == 4);
  CHECK(with.peer.output.empty());
}

TEST_CASE("what has no time left on arrival is dropped there") {
  fixture with;
  request late;
  late.kind = request_kind::get;
  late.id = 7;
  late.context = "taxi.call";
  late.target = {1};
  late.remaining_ms = 0;
  std::string frame;
  append_request(frame, late);
  with.gate.accept(frame, with.peer, with.now, with.batch);
  CHECK(with.batch.empty());
  const auto why = with.refused();
  CHECK(why.code == errc::deadline_exceeded);
  CHECK(why.message.find("on arrival at the node") != std::string::npos);
}
