#include "actors/ask_outcome.hpp"

#include "tests/actors/exchange.hpp"
#include "tests/actors/simulated.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::test::exchange;
using namespace std::chrono_literals;

/// What asks tell the breaker in front of them, through the shard that asks.
namespace {

constexpr int enough = 25; ///< calls to open a breaker by failures alone

/// Callers and callees on two shards, some on each.
struct two_sides {
  simulated_node node;
  std::vector<std::int64_t> calling;
  std::vector<std::int64_t> called;
  explicit two_sides(node_shape shape = {.shards = 2}) : node(behaviours(), std::move(shape)) {
    for (int i = 0; i < 16; ++i) {
      calling.push_back(joined_at(callers));
      called.push_back(joined_at(callees));
    }
  }
  [[nodiscard]] std::int64_t joined_at(const std::string& context) {
    return node.say(context, {}, join{}).reply().target.number;
  }
  [[nodiscard]] said calls(std::int64_t callee) {
    return node.say(callers, {calling.front()}, call{callee});
  }
  [[nodiscard]] said calls() { return calls(called.front()); }
  [[nodiscard]] said begs() { return node.say(callers, {calling.front()}, beg{called.front()}); }
  [[nodiscard]] request one_call() {
    return node.command(callers, {calling.front()}, call{called.front()}, node.fresh_id());
  }
  void refuse_with(errc code) {
    node.refuse_asks(
        callees, [code](request_kind, std::uint32_t) { return std::optional{fail(code, "no")}; });
  }
  [[nodiscard]] std::vector<breaker_view> breakers() { return node.rules().breakers(); }
  [[nodiscard]] breaker_view only() {
    const auto all = breakers();
    REQUIRE(all.size() == 1);
    return all.front();
  }
  /// Id of a callee in that shard.
  [[nodiscard]] std::int64_t callee_in(std::uint32_t shard) const {
    for (const auto id : called)
      if (shard_of(aggregate_id{id}, 2).value == shard) return id;
    FAIL("no callee in shard " << shard);
    return 0;
  }
};

/// Codes of a callee that could not do its work.
const std::set<errc> failures{
    errc::unknown_context, errc::context_down,      errc::circuit_open,   errc::callee_failed,
    errc::ask_timeout,     errc::timeout,           errc::unreachable,    errc::outcome_unknown,
    errc::shutting_down,   errc::aggregate_crashed, errc::not_owner,      errc::fenced,
    errc::storage_full,    errc::storage_failed,    errc::storage_locked, errc::wrong_format,
    errc::wrong_owner,     errc::corrupt,           errc::internal};

/// Codes that say nothing at all: neither that it works nor that it does not.
const std::set<errc> silence{errc::overloaded, errc::rate_limited, errc::deadline_exceeded,
                             errc::quarantined, errc::dead_lettered};

} // namespace

TEST_CASE("every code is a failure, says nothing, or shows that the callee works", "[breaker]") {
  for (const auto& row : error_table()) {
    INFO(row.name);
    const auto expected = failures.count(row.code) > 0  ? ask_end::failure
                          : silence.count(row.code) > 0 ? ask_end::ignored
                                                        : ask_end::declined;
    CHECK(end_of(row.code) == expected);
  }
}

TEST_CASE("a sick owner does not cut off a healthy one", "[asks][breaker]") {
  two_sides with{{.shards = 2, .owner_of = [](std::string_view, shard_number shard) {
                    return std::string{shard.value == 0 ? "sick" : "well"};
                  }}};
  auto& node = with.node;
  node.refuse_asks(callees, [](request_kind, std::uint32_t shard) {
    return shard == 0 ? std::optional{fail(errc::internal, "sick")} : std::nullopt;
  });
  for (int i = 0; i < enough; ++i)
    (void)with.calls(with.callee_in(0));
  const auto reached = node.asked(callees);
  CHECK(with.calls(with.callee_in(0)).failure().code == errc::circuit_open);
  for (int i = 0; i < enough; ++i)
    CHECK(with.calls(with.callee_in(1)).ok());
  CHECK(node.asked(callees) == reached + enough);
  const auto all = with.breakers();
  REQUIRE(all.size() == 2);
  CHECK(all[0].direction.owner == "sick");
  CHECK(all[0].state == breaker_state::open);
  CHECK(all[1].direction.owner == "well");
  CHECK(all[1].state == breaker_state::closed);
}

TEST_CASE("queries pass while the breaker of commands is open", "[asks][breaker]") {
  two_sides with;
  auto& node = with.node;
  node.refuse_asks(callees, [](request_kind kind, std::uint32_t) {
    return kind == request_kind::command ? std::optional{fail(errc::storage_full, "no")}
                                         : std::nullopt;
  });
  for (int i = 0; i < enough; ++i)
    (void)with.calls();
  CHECK(with.calls().failure().code == errc::circuit_open);
  CHECK(node.say(callers, {with.calling.front()}, glance{with.called.front()}).ok());
}

TEST_CASE("only what a healthy callee does not say counts as its failure", "[asks][breaker]") {
  for (const auto& row : error_table()) {
    INFO(row.name);
    two_sides with;
    with.refuse_with(row.code);
    for (int i = 0; i < enough; ++i)
      (void)with.calls();
    const bool counts = failures.count(row.code) > 0;
    CHECK(with.only().state == (counts ? breaker_state::open : breaker_state::closed));
    if (!counts) CHECK(with.only().counts == call_counts{});
    CHECK(with.only().in_flight == 0);
  }
}

TEST_CASE("a business rejection by the callee is no call of the window", "[asks][breaker]") {
  two_sides with;
  for (int i = 0; i < enough; ++i)
    CHECK(with.begs().failure().shown_code() == "NOT_YOU");
  CHECK(with.only().counts == call_counts{});
  CHECK(with.calls().ok());
  CHECK(with.only().counts == call_counts{1, 0, 0});
}

TEST_CASE("a callee that answers with rejections closes a breaker by its probes",
          "[asks][breaker]") {
  two_sides with;
  auto& node = with.node;
  with.refuse_with(errc::internal);
  for (int i = 0; i < enough; ++i)
    (void)with.calls();
  REQUIRE(with.only().state == breaker_state::open);
  node.refuse_asks(callees, {});
  node.pass(6'500ms);
  for (int i = 0; i < 10; ++i)
    CHECK(with.begs().failure().shown_code() == "NOT_YOU");
  CHECK(with.only().state == breaker_state::closed);
}

TEST_CASE("asks that find all places taken say nothing about the callee", "[asks][breaker]") {
  two_sides with;
  auto& node = with.node;
  while (with.calling.size() < 129)
    with.calling.push_back(with.joined_at(callers));
  node.hold(callees);
  std::vector<simulated_node::ticket> sent;
  for (const auto id : with.calling)
    sent.push_back(node.post(callers, {id}, call{with.called.front()}, node.fresh_id()));
  node.run();
  CHECK(node.heard(sent.back()).failure().code == errc::overloaded);
  CHECK(with.only().in_flight == 128);
  CHECK(with.only().refused_full == 1);
  CHECK(with.only().counts == call_counts{});
  node.release(callees);
  node.run();
  CHECK(with.only().counts == call_counts{128, 0, 0});
  CHECK(with.only().in_flight == 0);
}

TEST_CASE("an ask that follows its shard is judged at the new owner only", "[asks][breaker]") {
  std::string owner = "one";
  two_sides with{
      {.shards = 2, .owner_of = [&owner](std::string_view, shard_number) { return owner; }}};
  auto& node = with.node;
  int redirects = 0;
  node.refuse_asks(callees, [&](request_kind, std::uint32_t) -> std::optional<error> {
    if (redirects++ > 0) return std::nullopt;
    owner = "two";
    auto moved = fail(errc::not_owner, "it moved");
    moved.moved.emplace();
    return moved;
  });
  const auto of = node.post(with.one_call());
  node.pass(100ms);
  CHECK(node.heard(of).ok());
  const auto all = with.breakers();
  REQUIRE(all.size() == 2);
  CHECK(all[0].direction.owner == "one");
  CHECK(all[0].counts == call_counts{});
  CHECK(all[0].in_flight == 0);
  CHECK(all[1].direction.owner == "two");
  CHECK(all[1].counts == call_counts{1, 0, 0});
  CHECK(all[1].in_flight == 0);
}

TEST_CASE("an ask from before a restart does not go through an open circuit", "[asks][breaker]") {
  two_sides with;
  auto& node = with.node;
  node.hold(callees);
  const auto calling = with.one_call();
  (void)node.post(calling);
  node.run();
  node.stop(callers);
  const auto which = with.only().direction;
  REQUIRE(node.rules().set_mode(which, breaker_mode::forced_open, node.time().monotonic()));
  node.drop_held(callees);
  node.release(callees);
  node.start(callers);
  node.pass(1'000ms);
  CHECK(node.asked(callees) == 0);
  CHECK(node.say(calling).failure().code == errc::circuit_open); // its recorded end
  std::uint32_t open = 0;
  for (std::uint32_t shard = 0; shard < 2; ++shard)
    open += node.counters(callers, shard).open_asks + node.counters(callers, shard).open_voids;
  CHECK(open == 0); // what it may have done was made good
  REQUIRE(node.rules().set_mode(which, breaker_mode::automatic, node.time().monotonic()));
  CHECK(with.calls().ok());
}

TEST_CASE("an ask from before a restart goes out also when all places are taken",
          "[asks][breaker]") {
  two_sides with;
  auto& node = with.node;
  node.hold(callees);
  const auto calling = with.one_call();
  (void)node.post(calling);
  node.run();
  node.stop(callers);
  node.drop_held(callees);
  const auto guard = node.rules().guard(with.only().direction, 610ms);
  std::vector<ask_permit> taken;
  for (auto permit = guard->admit(node.time().monotonic()); permit;
       permit = guard->admit(node.time().monotonic()))
    taken.push_back(*permit);
  node.start(callers);
  node.release(callees);
  node.run();
  CHECK(node.asked(callees) == 1);
  CHECK(node.say(calling).ok());
  for (const auto& each : taken)
    guard->done(each, ask_end::success, 1ms, node.time().monotonic());
  CHECK(with.only().in_flight == 0);
}
