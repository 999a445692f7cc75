#include "supervisors/tap_desk.hpp"

#include "messages/credit.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <optional>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// Listeners at a desk whose time a test moves, and what they were told.
struct desk_of_listeners final : answer_port {
  simulated_clock time;
  tap_desk desk{time, std::make_unique<seeded_random>(3)};
  trace_context trace; ///< of the turns that are made
  std::map<std::uint64_t, std::vector<published_event>> heard;
  std::map<std::uint64_t, std::variant<reply_content, error>> ended;

  void deliver(std::vector<answer>& batch) override {
    for (auto& each : batch) {
      if (auto* push = std::get_if<event_push>(&each.content)) {
        auto some = decode_events(push->payload).value();
        auto& all = heard[each.to.request];
        all.insert(all.end(), some.begin(), some.end());
      } else if (auto* reply = std::get_if<reply_content>(&each.content)) {
        ended.insert_or_assign(each.to.request, *reply);
      } else {
        ended.insert_or_assign(each.to.request, std::get<error>(each.content));
      }
    }
    batch.clear();
  }
  inbound about(std::uint64_t number, request_kind kind, std::string payload) {
    inbound from;
    from.from = {this, 1, number};
    from.content.kind = kind;
    from.content.context = node_tap;
    from.content.payload = std::move(payload);
    return from;
  }
  std::chrono::milliseconds listen(std::uint64_t number, const tap_wish& wish) {
    return desk.subscribe(about(number, request_kind::subscribe, encode_tap_wish(wish)));
  }
  void turn(const std::string& context, std::int64_t id) {
    const auto who = desk.who_wants(context);
    if (who.places == 0) return;
    tapped_turn made;
    made.context = context;
    made.aggregate = {id};
    made.command = "deposit";
    made.outcome = "accepted";
    made.kind = "command";
    made.took = 1'500ns;
    made.id = command_id::make(1, 2, 3);
    made.trace = trace;
    desk.tell(who, made);
  }
  value payload(std::uint64_t number, std::size_t which) {
    return decode_value(heard[number].at(which).payload).value();
  }
};

tap_wish wish_of(std::string context, std::uint32_t most = 100) {
  tap_wish wish;
  wish.context = std::move(context);
  wish.most_per_s = most;
  return wish;
}

} // namespace

TEST_CASE("a listener hears of the turns of its contexts", "[tap]") {
  desk_of_listeners on;
  CHECK_FALSE(on.desk.wanted());
  REQUIRE(on.listen(1, wish_of("bank.*")) == 30s);
  CHECK(on.desk.wanted());
  on.turn("bank.account", 7);
  on.turn("taxi.call", 8);
  REQUIRE(on.heard[1].size() == 1);
  CHECK(on.heard[1][0].aggregate == aggregate_id{7});
  const auto said = on.payload(1, 0);
  CHECK(*said.find("id") == value{"bank.account/7"});
  CHECK(*said.find("outcome") == value{"accepted"});
  CHECK(*said.find("us") == value{2});
  CHECK(*said.find("dropped") == value{0});
  CHECK(said.find("payload") == nullptr); // what was said is not told
  CHECK(said.find("trace") == nullptr);

  on.trace = parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").value();
  on.turn("bank.account", 7);
  const auto traced = on.payload(1, 1);
  CHECK(*traced.find("trace") == value{"0af7651916cd43dd8448eb211c80319c"});
  CHECK(traced.find("span")->get_if<std::string>()->size() == 16);
}

TEST_CASE("what is too much for a listener is counted and told", "[tap]") {
  desk_of_listeners on;
  REQUIRE(on.listen(1, wish_of("*", 5)).count() > 0);
  for (int i = 1; i <= 50; ++i)
    on.turn("bank.account", i);
  CHECK(on.heard[1].size() == 5);
  on.time.advance(1s);
  on.turn("bank.account", 51);
  REQUIRE(on.heard[1].size() == 6);
  CHECK(*on.payload(1, 5).find("dropped") == value{45});
  CHECK(on.heard[1][5].index.value == on.heard[1][4].index.value + 1); // `dropped` says the rest
  CHECK(*on.desk.summary().find("dropped") == value{45});
}

TEST_CASE("a listener that grants nothing is told nothing", "[tap]") {
  desk_of_listeners on;
  auto wish = wish_of("*");
  wish.credit = 2;
  REQUIRE(on.listen(1, wish).count() > 0);
  for (int i = 1; i <= 4; ++i)
    on.turn("bank.account", i);
  CHECK(on.heard[1].size() == 2);
  CHECK(on.desk.take(on.about(1, request_kind::credit, encode_credit(10))));
  on.turn("bank.account", 5);
  CHECK(on.heard[1].size() == 3);
  CHECK(*on.payload(1, 2).find("dropped") == value{2});
}

TEST_CASE("a sample is about as large as wanted", "[tap]") {
  desk_of_listeners on;
  auto wish = wish_of("*", 1'000);
  wish.sample = 0.1;
  wish.credit = credit_max;
  REQUIRE(on.listen(1, wish).count() > 0);
  for (int i = 1; i <= 2'000; ++i)
    on.turn("bank.account", i);
  CHECK(on.heard[1].size() > 120);
  CHECK(on.heard[1].size() < 300);
  CHECK(*on.desk.summary().find("dropped") == value{0}); // left out of the sample is not dropped
}

TEST_CASE("a tap ends with its time, its listener or the node", "[tap]") {
  desk_of_listeners on;
  auto brief = wish_of("*");
  brief.lasts = 2s;
  REQUIRE(on.listen(1, brief) == 2s);
  REQUIRE(on.listen(2, wish_of("*")).count() > 0);
  on.time.advance(2s);
  on.turn("bank.account", 1);
  CHECK(on.heard[1].empty());
  CHECK(on.heard[2].size() == 1);
  CHECK(std::holds_alternative<reply_content>(on.ended.at(1)));
  CHECK(on.ended.count(2) == 0);
  CHECK(on.desk.wanted());
  CHECK(on.desk.take(on.about(2, request_kind::unsubscribe, {})));
  CHECK_FALSE(on.desk.wanted());
  CHECK_FALSE(on.desk.take(on.about(2, request_kind::unsubscribe, {})));
  REQUIRE(on.listen(3, wish_of("*")).count() > 0);
  CHECK(on.desk.end_late_ones() == on.time.monotonic() + 30s);
  REQUIRE(on.listen(4, brief).count() > 0);
  CHECK(on.desk.end_late_ones() == on.time.monotonic() + 2s);
  on.time.advance(2s);
  CHECK(on.desk.end_late_ones() == on.time.monotonic() + 28s);
  CHECK(std::holds_alternative<reply_content>(on.ended.at(4)));
  on.desk.close(fail(errc::shutting_down, "over"));
  CHECK(std::get<error>(on.ended.at(3)).code == errc::shutting_down);
  CHECK_FALSE(on.desk.wanted());
  CHECK_FALSE(on.desk.end_late_ones());
}

TEST_CASE("who listens again sees higher positions, however much was dropped", "[tap]") {
  desk_of_listeners on;
  REQUIRE(on.listen(1, wish_of("*", 1)).count() > 0);
  for (int i = 1; i <= 5'000; ++i)
    on.turn("bank.account", i);
  on.time.advance(1s);
  on.turn("bank.account", 1);
  CHECK(on.desk.take(on.about(1, request_kind::unsubscribe, {})));
  const auto before = on.heard[1].back().index.value;
  on.time.advance(1ms);
  REQUIRE(on.listen(1, wish_of("*", 1)).count() > 0);
  on.turn("bank.account", 2); // with an allowance of its own
  REQUIRE(on.heard[1].size() == 3);
  CHECK(on.heard[1].back().index.value > before);
}

TEST_CASE("a turn is not told to who has the place of a listener that is gone", "[tap]") {
  desk_of_listeners on;
  REQUIRE(on.listen(1, wish_of("bank.*")).count() > 0);
  const auto wanting = on.desk.who_wants("bank.account");
  REQUIRE(wanting.places != 0);
  CHECK(on.desk.take(on.about(1, request_kind::unsubscribe, {})));
  REQUIRE(on.listen(2, wish_of("taxi.*")).count() > 0);
  tapped_turn made;
  made.context = "bank.account";
  on.desk.tell(wanting, made);
  CHECK(on.heard[1].empty());
  CHECK(on.heard[2].empty());
}

TEST_CASE("there are not more listeners than places", "[tap]") {
  desk_of_listeners on;
  for (std::uint64_t i = 1; i <= tap_desk::listeners_max; ++i)
    REQUIRE(on.listen(i, wish_of("*")).count() > 0);
  CHECK(on.listen(99, wish_of("*")).count() == 0);
  CHECK(std::get<error>(on.ended.at(99)).code == errc::overloaded);
  CHECK(on.desk.subscribe(on.about(98, request_kind::subscribe, "\xc1")).count() == 0);
  CHECK(std::get<error>(on.ended.at(98)).code == errc::malformed);
}
