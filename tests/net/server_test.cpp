#include "net/transport/zmq_socket.hpp"
#include "seams/random.hpp"
#include "tests/net/fake_node.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe;
using namespace troupe::testing;
using namespace std::chrono_literals;

namespace {

/// A peer that sends whatever bytes it likes.
class raw_peer {
public:
  explicit raw_peer(const std::string& endpoint) : socket_(context_, socket_kind::dealer) {
    socket_.set(socket_option::linger_ms, 0);
    REQUIRE(socket_.connect(endpoint).ok());
  }
  void send(std::string_view frame) {
    REQUIRE(eventually([&] { return socket_.send(frame) == send_status::sent; }));
  }
  [[nodiscard]] zmq_socket& socket() { return socket_; }
  /// The next reply; an error if none comes.
  [[nodiscard]] reply next() {
    while (pending_.empty()) {
      zmq_part part;
      REQUIRE(eventually([&] { return socket_.receive(part); }));
      std::size_t offset = 0;
      while (offset < part.bytes().size()) {
        auto message = read_node_message(part.bytes(), offset);
        REQUIRE(message.ok());
        pending_.push_back(std::get<reply>(std::move(*message)));
      }
    }
    auto first = std::move(pending_.front());
    pending_.erase(pending_.begin());
    return first;
  }

private:
  zmq_context context_;
  zmq_socket socket_;
  std::vector<reply> pending_;
};

std::string get_frame(std::uint64_t id, std::uint32_t remaining_ms = 2000) {
  request one;
  one.kind = request_kind::get;
  one.id = id;
  one.context = "taxi.call";
  one.target = {1};
  one.remaining_ms = remaining_ms;
  std::string frame;
  append_request(frame, one);
  return frame;
}

errc code_of(const reply& from) {
  REQUIRE(!from.ok());
  return std::get<error>(from.content).code;
}

} // namespace

TEST_CASE("a frame may hold many requests and they reach the handler as one batch") {
  fake_node node;
  const auto at = serve(node);
  raw_peer peer{at->endpoint()};
  peer.send(get_frame(1) + get_frame(2) + get_frame(3));
  for (std::uint64_t id = 1; id <= 3; ++id)
    CHECK(peer.next().id == id);
  CHECK(node.batches() == 1);
  CHECK(eventually([&] { return at->counters().requests == 3; }));
}

TEST_CASE("an unknown version is answered with the range that is spoken") {
  fake_node node;
  const auto at = serve(node);
  raw_peer peer{at->endpoint()};
  auto frame = get_frame(77);
  frame[1] = 9; // the version is the array's first element
  peer.send(frame);
  const auto answer = peer.next();
  CHECK(answer.id == 77);
  CHECK(code_of(answer) == errc::unsupported_version);
  CHECK(std::get<error>(answer.content).message.find("1 to 1") != std::string::npos);
}

TEST_CASE(
    "a malformed request is answered if its id can be read, the rest of the frame is dropped") {
  fake_node node;
  const auto at = serve(node);
  raw_peer peer{at->endpoint()};
  request broken;
  broken.kind = request_kind::get;
  broken.id = 5; // no context
  std::string frame = get_frame(4);
  append_request(frame, broken);
  peer.send(frame + get_frame(6));
  std::vector<reply> answers{peer.next(), peer.next()};
  std::ranges::sort(answers, {}, &reply::id); // a refusal may overtake an answer
  CHECK(answers[0].id == 4);
  CHECK(answers[1].id == 5);
  CHECK(code_of(answers[1]) == errc::malformed);
  peer.send(get_frame(7));
  CHECK(peer.next().id == 7);
  CHECK(eventually([&] { return at->counters().malformed == 1; }));
}

TEST_CASE("random bytes never hurt the server") {
  fake_node node;
  const auto at = serve(node);
  raw_peer hostile{at->endpoint()};
  raw_peer honest{at->endpoint()};
  seeded_random random{20'261'120};
  for (int i = 0; i < 2000; ++i) {
    std::string frame = i % 2 == 0 ? std::string{} : get_frame(random.next());
    const auto size = random.next() % 64;
    for (std::uint64_t j = 0; j < size; ++j)
      frame.push_back(static_cast<char>(random.next()));
    if (!frame.empty()) frame[random.next() % frame.size()] = static_cast<char>(random.next());
    hostile.send(frame);
    if (i % 100 == 0) hostile.send(std::string(100'000, static_cast<char>(random.next())));
  }
  honest.send(get_frame(1));
  CHECK(honest.next().ok());
}

TEST_CASE("a message of more parts than one frame is dropped") {
  fake_node node;
  const auto at = serve(node);
  raw_peer peer{at->endpoint()};
  peer.send(get_frame(1));
  CHECK(peer.next().id == 1);
  REQUIRE(peer.socket().send("", true) == send_status::sent);
  REQUIRE(peer.socket().send(get_frame(2)) == send_status::sent);
  peer.send(get_frame(3));
  CHECK(peer.next().id == 3);
  CHECK(eventually([&] { return at->counters().malformed == 1; }));
}

TEST_CASE("more requests than may wait are refused with a hint") {
  fake_node node{fake_node::silence};
  server_options options;
  options.in_flight_max = 2;
  const auto at = serve(node, options);
  raw_peer peer{at->endpoint()};
  peer.send(get_frame(1) + get_frame(2) + get_frame(3));
  const auto refused = peer.next();
  CHECK(refused.id == 3);
  CHECK(code_of(refused) == errc::overloaded);
  CHECK(std::get<error>(refused.content).retry_after_ms > 0);
  CHECK(eventually([&] { return at->counters().in_flight == 2; }));
  // Answers make room again.
  std::vector<answer> late;
  for (const auto& each : node.seen())
    late.push_back(fake_node::reply_to(each, "\x80"));
  late.front().to.port->deliver(late);
  CHECK(peer.next().id == 1);
  CHECK(peer.next().id == 2);
  CHECK(eventually([&] { return at->counters().in_flight == 0; }));
}

TEST_CASE("one connection cannot take all places") {
  fake_node node{fake_node::silence};
  server_options options;
  options.connection_in_flight_max = 1;
  const auto at = serve(node, options);
  raw_peer greedy{at->endpoint()};
  greedy.send(get_frame(1) + get_frame(2));
  CHECK(code_of(greedy.next()) == errc::overloaded);
  raw_peer other{at->endpoint()};
  other.send(get_frame(1));
  CHECK(eventually([&] { return node.seen_count() == 2; }));
}

TEST_CASE("an answer over the frame limit becomes an error") {
  fake_node node{[](const inbound& to) -> std::vector<answer> {
    return {fake_node::reply_to(to, std::string(frame_bytes_max, 'x'))};
  }};
  const auto at = serve(node);
  raw_peer peer{at->endpoint()};
  peer.send(get_frame(1));
  CHECK(code_of(peer.next()) == errc::too_large);
}

TEST_CASE("a frame just over the limit is counted as malformed") {
  fake_node node;
  const auto at = serve(node);
  raw_peer peer{at->endpoint()};
  peer.send(std::string(frame_bytes_max + 1, 'x'));
  CHECK(eventually([&] { return at->counters().malformed == 1; }));
  peer.send(get_frame(1));
  CHECK(peer.next().ok());
}

TEST_CASE("a request without time left is not handed over") {
  fake_node node;
  const auto at = serve(node);
  raw_peer peer{at->endpoint()};
  peer.send(get_frame(1, 0));
  CHECK(code_of(peer.next()) == errc::deadline_exceeded);
  CHECK(node.seen_count() == 0);
}

TEST_CASE("the deadline of a request is its remaining time from arrival") {
  fake_node node;
  const auto at = serve(node);
  raw_peer peer{at->endpoint()};
  const auto before = real_clock().monotonic();
  peer.send(get_frame(1, 1500));
  REQUIRE(peer.next().ok());
  const auto deadline = node.seen().at(0).deadline;
  CHECK(deadline >= before + 1500ms);
  CHECK(deadline <= real_clock().monotonic() + 1500ms);
}

TEST_CASE("a stopping server refuses new requests and waits for open ones") {
  fake_node node{fake_node::silence};
  auto at = serve(node);
  raw_peer peer{at->endpoint()};
  peer.send(get_frame(1));
  REQUIRE(eventually([&] { return node.seen_count() == 1; }));
  std::thread stopper{[&] { at->stop(5s); }};
  std::uint64_t id = 2;
  errc refusal = errc::internal;
  // Until the stop is noticed, requests are still taken and never answered.
  REQUIRE(eventually([&] {
    peer.send(get_frame(id++));
    zmq_part part;
    if (!peer.socket().receive(part)) return false;
    std::size_t offset = 0;
    refusal = code_of(std::get<reply>(*read_node_message(part.bytes(), offset)));
    return true;
  }));
  CHECK(refusal == errc::shutting_down);
  std::vector<answer> late;
  for (const auto& each : node.seen())
    late.push_back(fake_node::reply_to(each, "\x80"));
  late.front().to.port->deliver(late);
  stopper.join();
  CHECK(at->counters().in_flight == 0);
}

TEST_CASE("answers to a peer that is gone are dropped") {
  fake_node node{fake_node::silence};
  const auto at = serve(node);
  {
    raw_peer peer{at->endpoint()};
    peer.send(get_frame(1));
    REQUIRE(eventually([&] { return node.seen_count() == 1; }));
  }
  // Whether ROUTER has noticed yet or not, nobody is disturbed and the place is free again.
  std::vector<answer> late{fake_node::reply_to(node.seen()[0], "\x80")};
  late.front().to.port->deliver(late);
  CHECK(eventually([&] { return at->counters().in_flight == 0; }));
  raw_peer other{at->endpoint()};
  other.send(get_frame(2));
  CHECK(eventually([&] { return node.seen_count() == 2; }));
}

TEST_CASE("a peer that does not read is cut off when its output is over the budget") {
  fake_node node{[](const inbound& to) -> std::vector<answer> {
    return {fake_node::reply_to(to, std::string(500'000, 'x'))};
  }};
  server_options options;
  options.connection_output_bytes_max = 1024 * 1024;
  const auto at = serve(node, options);
  raw_peer deaf{at->endpoint()};
  deaf.socket().set(socket_option::receive_frames_max, 1);
  std::uint64_t id = 1;
  // The pipe and the kernel's buffers take some; behind them the budget counts.
  CHECK(eventually([&] {
    deaf.send(get_frame(id++));
    return at->counters().cut_off > 0;
  }));
  raw_peer other{at->endpoint()};
  other.send(get_frame(1));
  CHECK(other.next().ok());
}

TEST_CASE("an endpoint that is taken is an error") {
  fake_node node;
  const auto at = serve(node);
  server_options options;
  options.endpoint = at->endpoint();
  CHECK_FALSE(server::start(options, node, real_clock()).ok());
}
