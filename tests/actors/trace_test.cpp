#include "messages/codec.hpp"
#include "tests/actors/bank.hpp"
#include "tests/actors/simulated.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::bank;
using namespace std::chrono_literals;

namespace {

const std::string header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const std::string trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";

std::string text_of(const value& of, std::string_view name) {
  const auto* held = of.find(name);
  const auto* text = held != nullptr ? held->get_if<std::string>() : nullptr;
  return text != nullptr ? *text : std::string{};
}

std::int64_t number_of(const value& of, std::string_view name) {
  const auto* held = of.find(name);
  const auto* number = held != nullptr ? held->get_if<std::int64_t>() : nullptr;
  return number != nullptr ? *number : -1;
}

/// A bank to which somebody talks who traces.
struct traced_bank {
  simulated_node node{behaviours()};

  traced_bank() {
    (void)node.say(accounts, {}, open_account{"ann"});
    (void)node.say(accounts, {1}, deposit{100});
    node.pass(100ms);
  }
  template <message M> command_id say(const std::string& context, aggregate_id target, const M& m) {
    auto content = node.command(context, target, m, node.fresh_id());
    content.trace = parse_traceparent(header).value();
    content.correlation = "shop-1";
    (void)node.post(content);
    node.run();
    return content.command;
  }
  said about(const std::string& verb, const std::string& context, value arguments) {
    request content;
    content.kind = request_kind::admin;
    content.context = context;
    content.name = verb;
    content.target = {1}; // one shard
    content.payload = encode_value(arguments);
    return node.say(content);
  }
  value told(const std::string& verb, const std::string& context, value arguments) {
    return decode_value(about(verb, context, std::move(arguments)).reply().payload).value();
  }
  value cause(const std::string& context, std::int64_t id, std::int64_t seq = 0) {
    return told("cause", context, value::object{{"id", id}, {"seq", seq}});
  }
  /// The record at a place that another record names.
  value cause_at(const value& place) {
    return told("cause", text_of(place, "context"),
                value::object{{"index", number_of(place, "index")}});
  }
};

void check_child(const value& child, const value& parent) {
  CHECK(text_of(child, "trace") == trace_id);
  CHECK(text_of(child, "parent_span") == text_of(parent, "span"));
  CHECK(text_of(child, "span") != text_of(parent, "span"));
}

} // namespace

TEST_CASE("a trace goes through asks, events and policies, each turn under a span of its own",
          "[trace]") {
  traced_bank with;
  const bool dies = GENERATE(false, true);
  if (dies) with.node.hold(accounts);
  const auto id = with.say(orders, {}, place_order{1, 30});
  if (dies) { // the ask is sent again by whoever comes back
    with.node.release(accounts);
    with.node.crash_and_restart();
  }
  with.node.pass(2'000ms);

  const auto placed = with.cause(orders, 1, 1);
  CHECK(text_of(placed, "outcome") == "asked");
  CHECK(text_of(placed, "trace") == trace_id);
  CHECK(text_of(placed, "parent_span") == "00f067aa0ba902b7");
  CHECK(text_of(placed, "command_id") == id.text());
  CHECK(text_of(placed, "correlation") == "shop-1");
  CHECK(text_of(*placed.find("by"), "kind") == "client");
  CHECK(text_of(*placed.find("asked"), "context") == accounts);

  const auto withdrawn_from = with.cause(accounts, 1, 3);
  CHECK(text_of(withdrawn_from, "command") == "withdraw");
  check_child(withdrawn_from, placed);
  const auto& asked_by = *withdrawn_from.find("by");
  CHECK(text_of(asked_by, "kind") == "ask");
  CHECK(text_of(with.cause_at(*asked_by.find("caller")), "command_id") == id.text());

  const auto settled = with.cause(orders, 1, 2);
  CHECK(text_of(settled, "span") == text_of(placed, "span")); // the same command
  CHECK(text_of(*settled.find("by"), "kind") == "client");
  CHECK(number_of(*settled.find("opened"), "seq") == 1);
  CHECK(text_of(with.cause_at(*settled.find("answer")), "command") == "withdraw");

  const auto written = with.cause(letters, 1);
  check_child(written, settled);
  CHECK(text_of(*written.find("by"), "kind") == "policy");
  CHECK(number_of(with.cause_at(*written.find("by")->find("event")), "seq") == 2);

  const auto sent = with.cause(orders, 1, 3);
  CHECK(text_of(sent, "command") == "markSent");
  check_child(sent, written);
  CHECK(text_of(sent, "correlation") == "shop-1");
}

TEST_CASE("what nobody traces has no trace", "[trace]") {
  traced_bank with;
  (void)with.node.say(orders, {}, place_order{1, 30});
  with.node.pass(100ms);
  for (const auto& item : {with.cause(orders, 1, 1), with.cause(letters, 1)}) {
    CHECK(item.find("trace") == nullptr);
    CHECK(item.find("span") == nullptr);
  }
}

TEST_CASE("a trace goes with a timer, also over a crash and a snapshot", "[trace]") {
  traced_bank with;
  (void)with.say(accounts, {1}, save_later{5, 1'000});
  SECTION("while the shard lives") {}
  SECTION("over a crash") {
    with.node.crash_and_restart();
  }
  SECTION("in a snapshot") {
    with.node.stop(accounts);
    with.node.start(accounts);
  }
  with.node.pass(1'500ms);
  const auto fired = with.cause(accounts, 1);
  REQUIRE(text_of(fired, "command") == "deposit");
  check_child(fired, with.cause(accounts, 1, 3));
  const auto& by = *fired.find("by");
  CHECK(text_of(by, "kind") == "timer");
  CHECK(text_of(by, "timer") == "saving");
  CHECK(number_of(*by.find("caller"), "seq") == 3);
}

TEST_CASE("a compensation says who gave the ask up", "[trace]") {
  traced_bank with;
  (void)with.say(orders, {}, place_order{1, 13}); // refused after it was withdrawn
  with.node.pass(500ms);
  const auto returned = with.cause(accounts, 1);
  REQUIRE(returned.find("events")->get_if<value::array>()->size() == 1);
  CHECK(*returned.find("events")->get_if<value::array>()->front().get_if<std::string>() ==
        "WithdrawalReturned");
  const auto& by = *returned.find("by");
  CHECK(text_of(by, "kind") == "void");
  const auto gave_up = with.cause_at(*by.find("caller"));
  CHECK(text_of(gave_up, "command") == "placeOrder");
  CHECK(text_of(*gave_up.find("undoes"), "command") == "withdraw");
  check_child(returned, gave_up);
}

TEST_CASE("subscribers get the trace to go on with", "[trace]") {
  traced_bank with;
  subscribe_request wanted;
  wanted.only_new = true;
  const auto feed = with.node.subscribe(accounts, wanted);
  with.node.run();
  const auto id = with.say(accounts, {1}, deposit{3});
  (void)with.node.say(accounts, {1}, deposit{4});
  const auto& events = with.node.pushed(feed);
  REQUIRE(events.size() == 2);
  CHECK(events[0].trace == parse_traceparent(header)->handed_on_by(id));
  CHECK_FALSE(events[1].trace.given());
}

TEST_CASE("crashes and dead letters name the trace", "[trace]") {
  const mended_at_the_end mends;
  traced_bank with;
  auto content = with.node.command(accounts, {1}, explode{}, with.node.fresh_id());
  content.trace = parse_traceparent(header).value();
  for (int times = 0; times < 3; ++times) {
    (void)with.node.say(content);
    with.node.pass(5'000ms);
  }
  std::size_t told = 0;
  for (const auto& each : with.node.events())
    if (each.kind == "aggregate-crashed" || each.kind == "dead-letter") {
      CHECK(each.text.find(" trace=" + trace_id + ")") != std::string::npos);
      ++told;
    }
  CHECK(told >= 3);
  const auto letter =
      with.told("deadletter", accounts, value::object{{"id", content.command.text()}});
  CHECK(text_of(letter, "trace") == trace_id);

  broken().explode = false;
  (void)with.about("deadletter-retry", accounts, value::object{{"id", content.command.text()}});
  with.node.pass(1'000ms);
  const auto again =
      with.told("cause", accounts, value::object{{"command_id", content.command.text()}});
  CHECK(text_of(again, "outcome") == "accepted");
  CHECK(text_of(*again.find("by"), "kind") == "operator");
  CHECK(text_of(with.cause_at(*again.find("by")->find("caller")), "outcome") == "rejected");
  CHECK(text_of(again, "trace") == trace_id);
}

TEST_CASE("a record that is not there is refused, and says what there is", "[trace]") {
  traced_bank with;
  const auto refused = [&](value arguments) {
    return with.about("cause", accounts, std::move(arguments)).failure();
  };
  CHECK(refused(value::object{{"index", 99}}).message == "the newest record of bank.account shard "
                                                         "0 is 2");
  CHECK(refused(value::object{{"id", 1}, {"seq", 9}}).message == "bank.account/1 has only 2 turns");
  CHECK(refused(value::object{{"id", 7}}).code == errc::not_found);
  CHECK(refused(value::object{{"command_id", "x"}}).code == errc::malformed);
  CHECK(refused(value::object{{"command_id", with.node.fresh_id().text()}}).code ==
        errc::not_found);
  CHECK(refused(value::object{}).code == errc::malformed);
  CHECK(refused(value::object{{"id", 1}, {"seq", -1}}).code == errc::malformed);
}
