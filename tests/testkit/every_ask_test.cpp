#include "messages/json.hpp"
#include "testkit/troupe/testkit/breaker_handle.hpp"
#include "testkit/troupe/testkit/systems.hpp"
#include "tests/testkit/ask_cases.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

using namespace troupe;
using namespace troupe::test;
using namespace troupe::testkit;
using namespace std::chrono_literals;

/// Every ask that the catalogue declares, in every state its breaker can be in: what the client is
/// told, how many calls reach the target, that nothing stays behind, and that it closes again.
namespace {

constexpr auto settling = 500ms; ///< policies and views follow by then
constexpr int probes = 10;       ///< that a round of probes needs
constexpr int probes_at_once = 3;

/// A system at the point where the ask can succeed, and what it looked like then.
class stage {
public:
  explicit stage(const ask_case& of)
      : of_(of), node{behaviours_of(of.system)}, breaker{node, of.asking, of.target, of.name} {
    of_.prepare(node);
    keep();
  }

  [[nodiscard]] said ask() { return node.say(next()); }
  [[nodiscard]] request next() { return of_.make(node, made_++); }
  [[nodiscard]] std::uint64_t reached() { return node.asked(of_.target); }
  void refuse(bool on) {
    simulated_node::ask_filter with;
    if (on)
      with = [this](request_kind, std::uint32_t) {
        ++refused;
        return std::optional{fail(errc::internal, "sick")};
      };
    node.refuse_asks(of_.target, std::move(with));
  }

  /// What is there now is what shall be there later.
  void keep() {
    node.pass(settling);
    before_ = shown();
  }
  void check_nothing_left() {
    node.pass(settling);
    CHECK(shown() == before_);
    CHECK(node.counters(of_.asking).open_asks == 0);
    CHECK(node.counters(of_.asking).open_voids == 0);
  }
  /// A failed command that had been made cannot succeed again as the same one; another one can.
  void check_refused(const said& answer, errc code, std::uint16_t status,
                     std::chrono::milliseconds hint_max) const {
    REQUIRE_FALSE(answer.ok());
    const auto& why = answer.failure();
    CHECK(why.code == code);
    CHECK(why.reason.empty()); // not a refusal of the business
    CHECK(info(why.code).http_status == status);
    CHECK(info(why.code).effect == outcome::not_applied);
    if (hint_max.count() == 0) return;
    CHECK(why.retry_after_ms > 0);
    CHECK(why.retry_after_ms <= hint_max.count());
  }
  void check_open(std::chrono::milliseconds hint_max) {
    const auto reached_before = reached();
    for (int i = 0; i < 5; ++i)
      check_refused(ask(), errc::circuit_open, 503, hint_max);
    CHECK(reached() == reached_before);
    check_nothing_left();
  }
  /// Probes find the callee well.
  void check_closes() {
    breaker.expire_open_time();
    const auto reached_before = reached();
    for (int i = 0; i < probes; ++i)
      CHECK(ask().ok());
    CHECK(reached() == reached_before + probes);
    CHECK(breaker.state() == breaker_state::closed);
  }

private:
  const ask_case& of_;
  std::int64_t made_ = 0;
  std::map<std::string, std::string> before_;

  [[nodiscard]] std::map<std::string, std::string> shown() {
    std::map<std::string, std::string> all;
    for (const auto& each : behaviours_of(of_.system))
      for (const auto& [id, row] : node.list(each.info->full_name()))
        all[each.info->full_name() + "/" + std::to_string(id)] = to_json(row);
    return all;
  }

public:
  simulated_node node;
  breaker_handle breaker;
  int refused = 0; ///< asks that the sick callee got
};

constexpr auto first_open_max = 6'000ms; ///< 5 s and its jitter

template <class Test> void for_every_ask(Test test) {
  for (const auto& each : ask_cases()) {
    DYNAMIC_SECTION(each.asking << " asks " << each.target << " for " << each.name) {
      stage on{each};
      test(on, each);
    }
  }
}

} // namespace

TEST_CASE("each declared ask has a case, and each case an ask", "[asks]") {
  std::size_t asks = 0;
  for (const auto& context : all_contexts()) {
    for (const auto& each : context.asks) {
      INFO(context.full_name() << " asks " << each.target << " for " << each.command);
      const auto& cases = ask_cases();
      CHECK(std::any_of(cases.begin(), cases.end(),
                        [&](const auto& known) { return known.is_for(context, each); }));
      ++asks;
    }
  }
  CHECK(ask_cases().size() == asks);
}

TEST_CASE("closed: asks pass, and what is not answered in time leaves nothing", "[asks]") {
  for_every_ask([](stage& on, const ask_case& of) {
    const auto reached = on.reached();
    CHECK(on.ask().ok());
    CHECK(on.reached() == reached + 1);
    on.keep();
    on.node.hold(of.target);
    const auto timeout = on.breaker.view().timeout;
    const auto late = on.node.post(on.next());
    on.node.pass(timeout - 10ms);
    CHECK_FALSE(on.node.answer_to(late));
    on.node.pass(20ms);
    on.check_refused(on.node.heard(late), errc::ask_timeout, 504, 0ms);
    on.node.drop_held(of.target);
    on.node.release(of.target);
    on.node.pass(120s); // what was lost is voided
    on.check_nothing_left();
    CHECK(on.breaker.state() == breaker_state::closed);
  });
}

TEST_CASE("open: refused at once, the target hears nothing, and it closes again", "[asks]") {
  for_every_ask([](stage& on, const ask_case&) {
    on.breaker.force(breaker_state::open);
    on.check_open(first_open_max);
    on.check_closes();
    CHECK(on.breaker.story() ==
          std::vector<std::string>{"closed -> open: 20 calls, 20 failed, 0 slow",
                                   "open -> half-open: 0 calls, 0 failed, 0 slow",
                                   "half-open -> closed: 10 calls, 0 failed, 0 slow"});
  });
}

TEST_CASE("half-open: three probes at once, and failing ones open it again", "[asks]") {
  for_every_ask([](stage& on, const ask_case& of) {
    on.breaker.force(breaker_state::half_open);
    on.keep();
    const auto timeout = on.breaker.view().timeout;
    const auto reached = on.reached();
    on.node.hold(of.target);
    std::vector<simulated_node::ticket> sent;
    for (int i = 0; i < probes_at_once + 2; ++i) {
      sent.push_back(on.node.post(on.next()));
      on.node.run();
    }
    for (int i = probes_at_once; i < probes_at_once + 2; ++i)
      on.check_refused(on.node.heard(sent[static_cast<std::size_t>(i)]), errc::circuit_open, 503,
                       timeout);
    on.node.release(of.target);
    on.node.run();
    for (int i = 0; i < probes_at_once; ++i)
      CHECK(on.node.heard(sent[static_cast<std::size_t>(i)]).ok());
    CHECK(on.reached() == reached + probes_at_once);
    on.keep();
    on.refuse(true);
    for (int i = probes_at_once; i < probes; ++i)
      on.check_refused(on.ask(), errc::callee_failed, 503, 0ms);
    CHECK(on.refused == probes - probes_at_once);
    CHECK(on.breaker.state() == breaker_state::open);
    on.check_open(2 * first_open_max);
    CHECK(on.refused == probes - probes_at_once); // also the sick one is left alone
    on.refuse(false);
    on.check_closes();
  });
}

TEST_CASE("forced open: refused for as long as the operator wants", "[asks]") {
  for_every_ask([](stage& on, const ask_case&) {
    on.breaker.force(breaker_state::forced_open);
    on.check_open(60s);
    on.node.pass(120s);
    on.check_open(60s);
    on.breaker.force(breaker_state::closed);
    CHECK(on.ask().ok());
  });
}

TEST_CASE("forced closed: everything passes and is counted, whatever comes back", "[asks]") {
  for_every_ask([](stage& on, const ask_case&) {
    on.breaker.force(breaker_state::forced_closed);
    on.refuse(true);
    for (int i = 0; i < 30; ++i)
      on.check_refused(on.node.say(on.next()), errc::callee_failed, 503, 0ms);
    CHECK(on.refused == 30);
    CHECK(on.breaker.state() == breaker_state::forced_closed);
    CHECK(on.breaker.view().counts.failures == 30);
    on.refuse(false);
    on.check_nothing_left();
    CHECK(on.ask().ok());
  });
}

TEST_CASE("disabled: everything passes and nothing is counted", "[asks]") {
  for_every_ask([](stage& on, const ask_case&) {
    on.breaker.force(breaker_state::disabled);
    on.refuse(true);
    for (int i = 0; i < 30; ++i)
      on.check_refused(on.node.say(on.next()), errc::callee_failed, 503, 0ms);
    CHECK(on.refused == 30);
    CHECK(on.breaker.state() == breaker_state::disabled);
    CHECK(on.breaker.view().counts.calls == 0);
    on.refuse(false);
    on.check_nothing_left();
    CHECK(on.ask().ok());
    on.breaker.force(breaker_state::closed);
    CHECK(on.ask().ok());
  });
}

TEST_CASE("where a fallback is declared, its meaning is told with the failure", "[asks]") {
  for_every_ask([](stage& on, const ask_case& of) {
    const auto* ask = on.node.described(of.asking).ask(of.target, of.name);
    if (ask->fallback.empty()) return;
    on.breaker.force(breaker_state::open);
    const auto refused = on.ask();
    on.check_refused(refused, errc::circuit_open, 503, first_open_max);
    CHECK(refused.failure().message.find(ask->fallback_meaning) != std::string::npos);
    CHECK(on.breaker.view().fallbacks.used == 1);
    const auto& told = on.node.events();
    CHECK(std::any_of(told.begin(), told.end(),
                      [](const auto& each) { return each.kind == "fallback-used"; }));
  });
}
