#include "net/cluster/peer_calls.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct somebody final : answer_port {
  void deliver(std::vector<answer>& batch) override { batch.clear(); }
};

struct asked {
  somebody port;
  peer_calls calls;

  /// The id on the wire.
  std::uint64_t open(std::uint64_t request_id, request_kind kind = request_kind::command) {
    inbound what;
    what.content.kind = kind;
    what.from = {&port, 5, request_id};
    what.deadline = monotonic_time{10s};
    calls.open(what);
    return what.content.id;
  }
};

} // namespace

TEST_CASE("an answer finds its way back once") {
  asked with;
  const auto first = with.open(70);
  const auto second = with.open(71);
  CHECK(first != second);
  const auto back = with.calls.take(reply{second, reply_content{{9}, 1, {}, false, "x"}});
  REQUIRE(back.has_value());
  CHECK(back->to.request == 71);
  CHECK(std::get<reply_content>(back->content).target == aggregate_id{9});
  CHECK_FALSE(with.calls.take(reply{second, reply_content{}}).has_value());
  const auto refused = with.calls.take(reply{first, fail(errc::overloaded, "no")});
  CHECK(std::get<error>(refused->content).code == errc::overloaded);
  CHECK(with.calls.size() == 0);
}

TEST_CASE("a subscription stays open for its events, and what is said about it has its id") {
  asked with;
  const auto wire = with.open(70, request_kind::subscribe);
  event_push push;
  push.id = wire;
  CHECK(with.calls.take(event_push{push})->to.request == 70);
  CHECK(with.calls.take(event_push{push})->to.request == 70);
  inbound credit;
  credit.content.kind = request_kind::credit;
  credit.from = {&with.port, 5, 70};
  REQUIRE(with.calls.follow(credit));
  CHECK(credit.content.id == wire);
  credit.from.request = 71;
  CHECK_FALSE(with.calls.follow(credit));
  CHECK(with.calls.take(reply{wire, reply_content{}}).has_value()); // its end
  CHECK_FALSE(with.calls.take(event_push{push}).has_value());
  credit.from.request = 70;
  CHECK_FALSE(with.calls.follow(credit));
}

TEST_CASE("a lost link leaves doubt about commands, and tells everybody to come again") {
  asked with;
  with.open(70);
  with.open(71, request_kind::subscribe);
  std::vector<answer> out;
  with.calls.lose(out);
  REQUIRE(out.size() == 2);
  const auto& command = std::get<error>(out[0].content);
  CHECK(command.code == errc::outcome_unknown);
  CHECK(command.moved.has_value());
  const auto& subscription = std::get<error>(out[1].content);
  CHECK(subscription.code == errc::context_down);
  CHECK(subscription.moved.has_value());
  CHECK(with.calls.size() == 0);
}

TEST_CASE("what is never answered ends behind its deadline; subscriptions have none") {
  asked with;
  with.open(70);
  with.open(71, request_kind::subscribe);
  std::vector<answer> out;
  with.calls.expire(monotonic_time{10s}, out);
  CHECK(out.empty()); // the asker's own deadline comes first
  with.calls.expire(monotonic_time{11s}, out);
  REQUIRE(out.size() == 1);
  CHECK(out[0].to.request == 70);
  CHECK(std::get<error>(out[0].content).code == errc::timeout);
  CHECK(with.calls.size() == 1);
}
