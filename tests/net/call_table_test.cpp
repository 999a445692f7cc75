#include "net/sdk/call_table.hpp"

#include "tests/net/call_fixture.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace troupe;
using troupe::test::call_fixture;
using namespace std::chrono_literals;

TEST_CASE("the remaining time shrinks with every send") {
  call_fixture with;
  with.open();
  CHECK(with.table.next_ready(home_link, with.time.monotonic())->remaining_ms == 2000);
  with.pass(500ms);
  CHECK(with.table.next_ready(home_link, with.time.monotonic())->remaining_ms == 1500);
}

TEST_CASE("a lost connection re-sends what was on its way, as often as needed") {
  call_fixture with;
  with.open();
  for (int i = 0; i < 10; ++i) {
    REQUIRE(with.send() != 0);
    with.table.disconnected(home_link);
  }
  const auto id = with.send();
  with.table.take(home_link, reply{id, reply_content{}}, with.time.monotonic());
  REQUIRE(with.outcome);
  CHECK(with.outcome->ok());
  CHECK(with.table.size() == 0);
}

TEST_CASE("a failure after a lost send does not claim that nothing was applied") {
  call_fixture with;
  with.options.attempts_max = 1;
  with.open();
  (void)with.send();
  with.table.disconnected(home_link);
  with.fail_with(with.send(), errc::overloaded);
  REQUIRE(with.outcome);
  CHECK(with.code() == errc::outcome_unknown);
}

TEST_CASE("a node that asks for long patience is heard by the caller at once") {
  call_fixture with;
  for (const auto& [hint_ms, again] : {std::pair{50, true}, std::pair{1'000, false}}) {
    with.outcome.reset();
    with.open(5'000ms);
    error down = fail(errc::context_down, "stopped");
    down.retry_after_ms = hint_ms;
    with.table.take(home_link, reply{with.send(), down}, with.time.monotonic());
    CHECK(with.outcome.has_value() != again);
    with.pass(100ms);
    CHECK((with.send() != 0) == again);
  }
}

TEST_CASE("a rejection is final for the command id, whatever was lost before") {
  call_fixture with;
  with.open();
  (void)with.send();
  with.table.disconnected(home_link);
  with.fail_with(with.send(), errc::rejected);
  REQUIRE(with.outcome);
  CHECK(with.code() == errc::rejected);
}

TEST_CASE("at the deadline the error says what is known") {
  call_fixture never_sent;
  never_sent.open(100ms);
  never_sent.pass(100ms);
  CHECK(never_sent.code() == errc::unreachable);

  call_fixture on_its_way;
  on_its_way.open(100ms);
  (void)on_its_way.send();
  on_its_way.pass(100ms);
  CHECK(on_its_way.code() == errc::timeout);

  call_fixture lost;
  lost.open(100ms);
  (void)lost.send();
  lost.table.disconnected(home_link);
  lost.pass(100ms);
  CHECK(lost.code() == errc::timeout);
}

TEST_CASE("an answer to a call that is over is ignored, also when its place was taken again") {
  call_fixture with;
  with.open(100ms);
  const auto old = with.send();
  with.pass(100ms);
  with.outcome.reset();
  with.open();
  const auto id = with.send();
  CHECK(id != old);
  with.table.take(home_link, reply{old, reply_content{}}, with.time.monotonic());
  CHECK_FALSE(with.outcome);
  with.table.take(home_link, reply{id, reply_content{}}, with.time.monotonic());
  CHECK(with.outcome);
}

TEST_CASE("retries stop when the budget is used up") {
  call_fixture with;
  with.options.attempts_max = 2;
  int retried = 0;
  for (int i = 0; i < 200; ++i) {
    with.outcome.reset();
    with.open();
    with.fail_with(with.send(), errc::overloaded);
    retried += !with.outcome;
  }
  CHECK(retried >= 100);
  CHECK(retried <= 120);
}

TEST_CASE("the first redirect is free of budget") {
  call_fixture with;
  for (int i = 0; i < 300; ++i) {
    with.outcome.reset();
    with.open();
    with.fail_with(with.send(), errc::not_owner);
    CHECK_FALSE(with.outcome);
  }
}

TEST_CASE("closing ends calls by what is known of them") {
  call_fixture with;
  with.open();
  with.table.close(fail(errc::unreachable, "a"), fail(errc::timeout, "b"));
  CHECK(with.code() == errc::unreachable);
  with.open();
  (void)with.send();
  with.table.close(fail(errc::unreachable, "a"), fail(errc::timeout, "b"));
  CHECK(with.code() == errc::timeout);
}

namespace {

/// A call table in a cluster of two nodes whose only shard of taxi.call is at the first, epoch 1.
struct cluster_fixture : call_fixture {
  static constexpr auto first = "tcp://10.0.0.1:1";
  static constexpr auto second = "tcp://10.0.0.2:1";
  link_number one = no_link;
  link_number two = no_link;

  cluster_fixture() {
    own(1, 0, 1);
    one = ways.intern(first);
    two = ways.intern(second);
    ways.link_up(one);
    ways.link_up(two);
    (void)ways.take_changed();
  }
  void own(std::uint64_t version, std::uint32_t member, std::uint64_t epoch) {
    hello_reply said{"n9", "test", 1, 1, {}, {}};
    said.cluster.version = version;
    said.cluster.members = {{"n1", 1, first, "", ""}, {"n2", 1, second, "", ""}};
    said.cluster.contexts["taxi.call"] = {{member, {epoch}}};
    ways.take_hello(home_link, said, time.monotonic());
    follow();
  }
  void follow() {
    if (ways.take_changed()) table.reroute(time.monotonic());
  }
  /// Sends on a link; the id, 0 if nothing is ready there.
  std::uint64_t send_on(link_number on) {
    const auto* next = table.next_ready(on, time.monotonic());
    if (next == nullptr) return 0;
    const auto id = next->id;
    table.sent(on);
    return id;
  }
  void redirect(link_number on, std::uint64_t id, const std::string& to, std::uint64_t epoch,
                int hint_ms = 0) {
    error why = troupe::fail(errc::not_owner, "elsewhere");
    why.moved = moved_place{to, epoch};
    why.retry_after_ms = hint_ms;
    table.take(on, reply{id, why}, time.monotonic());
    follow();
  }
  void fail_on(link_number on, std::uint64_t id, errc code) {
    table.take(on, reply{id, troupe::fail(code, "no")}, time.monotonic());
  }
  void accept(link_number on, std::uint64_t id, std::uint64_t epoch) {
    table.take(on, reply{id, reply_content{{1}, 1, {epoch}, false, {}}}, time.monotonic());
  }
};

} // namespace

TEST_CASE("a redirect to a newer owner is sent on at once, any other one after a wait") {
  cluster_fixture with;
  with.open();
  with.redirect(with.one, with.send_on(with.one), with.second, 2);
  const auto id = with.send_on(with.two);
  REQUIRE(id != 0);
  with.redirect(with.two, id, with.second, 2); // itself: it is opening
  CHECK(with.send_on(with.two) == 0);
  CHECK(with.ways.refresh_due(with.time.monotonic()).has_value());
  with.pass(9ms);
  CHECK(with.send_on(with.two) == 0);
  with.pass(7ms);
  const auto again = with.send_on(with.two);
  REQUIRE(again == id);
  with.redirect(with.two, again, with.first, 1); // older: it is not believed
  CHECK(with.send_on(with.one) == 0);
  with.pass(31ms);
  with.accept(with.two, with.send_on(with.two), 2);
  REQUIRE(with.outcome);
  CHECK(with.outcome->ok());
}

TEST_CASE("redirects are no attempts, cost no budget, and leave the deadline as the only bound") {
  cluster_fixture with;
  with.options.attempts_max = 1;
  for (int i = 0; i < 300; ++i) {
    with.outcome.reset();
    with.open(60'000ms);
    for (int times = 0; times < 5; ++times) {
      with.redirect(with.one, with.send_on(with.one), with.first, 1);
      REQUIRE_FALSE(with.outcome);
      with.pass(250ms);
    }
    with.accept(with.one, with.send_on(with.one), 1);
    REQUIRE(with.outcome);
    CHECK(with.outcome->ok());
  }
}

TEST_CASE("a hint longer than the deadline ends at the deadline, unless a newer owner is found") {
  cluster_fixture with;
  with.open(1'000ms);
  with.redirect(with.one, with.send_on(with.one), with.first, 1, 5'000);
  with.pass(500ms);
  CHECK_FALSE(with.outcome);
  SECTION("none is found") {
    with.pass(500ms);
    REQUIRE(with.outcome);
    CHECK(with.code() == errc::not_owner);
    CHECK(with.outcome->error().message.find("elsewhere") != std::string::npos);
  }
  SECTION("a map tells of it") {
    with.own(2, 1, 2);
    with.accept(with.two, with.send_on(with.two), 2);
    REQUIRE(with.outcome);
    CHECK(with.outcome->ok());
  }
}

TEST_CASE("no order of maps and redirects makes a call go round without waiting") {
  // Each step: the call was refused and the client hears of an owner and epoch, or of nothing new.
  // Whatever they are, between two waits no (owner, epoch) is tried twice, and few at all.
  constexpr int steps = 6;
  constexpr int kinds = 5;
  int plans = 1;
  for (int i = 0; i < steps; ++i)
    plans *= kinds;
  for (int plan = 0; plan < plans; ++plan) {
    cluster_fixture with;
    with.open(60'000ms);
    std::uint64_t epoch = 1;
    std::uint64_t version = 1;
    std::uint32_t without_wait = 0;
    std::vector<std::pair<link_number, std::uint64_t>> tried;
    for (int i = 0, rest = plan; i < steps; ++i, rest /= kinds) {
      link_number on = with.one;
      auto id = with.send_on(with.one);
      if (id == 0) id = with.send_on(on = with.two);
      if (id == 0) { // it waits
        with.pass(500ms);
        without_wait = 0;
        tried.clear();
        id = with.send_on(on = with.one);
        if (id == 0) id = with.send_on(on = with.two);
      }
      REQUIRE(id != 0);
      REQUIRE(++without_wait <= call_table::hops_max + 1);
      const std::pair now_tried{on, epoch};
      REQUIRE(std::ranges::find(tried, now_tried) == tried.end());
      tried.push_back(now_tried);
      const auto other = on == with.one ? with.second : with.first;
      const auto same = on == with.one ? with.first : with.second;
      switch (rest % kinds) {
      case 0:
        with.redirect(on, id, other, ++epoch);
        break;
      case 1:
        with.redirect(on, id, same, ++epoch);
        break; // lost and won again
      case 2:
        with.redirect(on, id, other, epoch);
        break;
      case 3:
        with.redirect(on, id, other, epoch - 1);
        break;
      default:
        with.redirect(on, id, "", epoch);
        with.own(++version, on == with.one ? 1 : 0, epoch + 1);
        ++epoch;
      }
    }
  }
}

TEST_CASE("only the calls of a lost link are sent again, and to the next owner") {
  cluster_fixture with;
  with.open();
  REQUIRE(with.send_on(with.one) != 0);
  with.table.disconnected(with.two);
  CHECK(with.send_on(with.one) == 0);
  with.ways.link_down(with.one);
  with.table.disconnected(with.one);
  with.follow();
  CHECK(with.send_on(with.two) == 0);
  with.own(2, 1, 2);
  with.accept(with.two, with.send_on(with.two), 2);
  REQUIRE(with.outcome);
  CHECK(with.outcome->ok());
}

TEST_CASE("after a lost send, not being the owner does not claim that nothing was applied") {
  cluster_fixture with;
  with.open(100ms);
  (void)with.send_on(with.one);
  with.table.disconnected(with.one);
  with.redirect(with.one, with.send_on(with.one), with.first, 1, 1'000);
  with.pass(100ms);
  REQUIRE(with.outcome);
  CHECK(with.code() == errc::outcome_unknown);
}

TEST_CASE(
    "a stale owner's success is counted and not believed; a replay is, and so is a newer one") {
  cluster_fixture with;
  with.open();
  const auto id = with.send_on(with.one);
  with.own(2, 1, 5);
  with.accept(with.one, id, 1);
  CHECK_FALSE(with.outcome);
  CHECK(with.table.stale_answers() == 1);
  const auto again = with.send_on(with.two);
  REQUIRE(again == id);
  SECTION("the owner answers") {
    with.accept(with.two, again, 5);
  }
  SECTION("or a still newer one") {
    with.accept(with.two, again, 6);
  }
  SECTION("or the record from before") {
    with.table.take(with.two, reply{again, reply_content{{1}, 1, {1}, true, {}}},
                    with.time.monotonic());
  }
  REQUIRE(with.outcome);
  CHECK(with.outcome->ok());
}

TEST_CASE("what an earlier owner does not answer is sent to the newer one, after a while") {
  cluster_fixture with;
  with.open();
  const auto id = with.send_on(with.one);
  with.own(2, 1, 2);
  with.own(3, 1, 2);
  SECTION("it hangs") {
    with.pass(call_table::answer_grace - 1ms);
    CHECK(with.send_on(with.two) == 0);
    with.pass(1ms);
    REQUIRE(with.send_on(with.two) == id);
    with.accept(with.one, id, 1); // woken up
    CHECK_FALSE(with.outcome);
    with.accept(with.two, id, 2);
    REQUIRE(with.outcome);
    CHECK(with.outcome->ok());
  }
  SECTION("it answers, as owners do who hand over") {
    with.pass(call_table::answer_grace - 1ms);
    with.fail_on(with.one, id, errc::rejected);
    REQUIRE(with.outcome);
    with.pass(1ms);
    CHECK(with.send_on(with.two) == 0);
  }
}

TEST_CASE("a call that times out in a cluster makes the client look for a newer map") {
  cluster_fixture with;
  with.open(100ms);
  (void)with.send_on(with.one);
  CHECK_FALSE(with.ways.refresh_due(with.time.monotonic()));
  with.pass(100ms);
  CHECK(with.code() == errc::timeout);
  CHECK(with.ways.refresh_due(with.time.monotonic()));
}

TEST_CASE("an answer on another link than the call was sent on is ignored") {
  cluster_fixture with;
  with.open();
  const auto id = with.send_on(with.one);
  with.redirect(with.one, id, with.second, 2);
  REQUIRE(with.send_on(with.two) == id);
  with.table.take(with.one, reply{id, fail(errc::rejected, "late")}, with.time.monotonic());
  CHECK_FALSE(with.outcome);
  with.accept(with.two, id, 2);
  CHECK(with.outcome);
}

TEST_CASE("calls of a shard without an owner wait for one and say so at their deadline") {
  cluster_fixture with;
  with.own(2, map_owner::nobody, 1);
  with.open(100ms);
  CHECK(with.send_on(with.one) == 0);
  CHECK(with.table.waits_for_owner());
  with.pass(100ms);
  REQUIRE(with.outcome);
  CHECK(with.code() == errc::not_owner);
  CHECK_FALSE(with.table.waits_for_owner());
}

TEST_CASE("a call for one endpoint goes there only") {
  cluster_fixture with;
  request content;
  content.kind = request_kind::admin;
  content.name = "status";
  new_call call{content, [&with](result<call_reply> done) { with.outcome = std::move(done); },
                with.time.monotonic() + 100ms};
  call.endpoint = with.second;
  with.table.open(std::move(call), with.time.monotonic(), with.time.wall());
  CHECK(with.table.uses(with.two));
  CHECK(with.send_on(with.one) == 0);
  const auto id = with.send_on(with.two);
  REQUIRE(id != 0);
  with.redirect(with.two, id, with.first, 9); // none of a verb's business
  CHECK(with.send_on(with.one) == 0);
}
