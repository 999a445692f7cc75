#include "supervisors/self_healing.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

struct healed {
  simulated_clock time;
  std::vector<supervision_event> events;
  healing_settings settings;
  std::unique_ptr<self_healing> heals;

  explicit healed(healing_limit limit = {2, 1'000ms}, std::vector<healing_action> off = {}) {
    settings.limits.fill(limit);
    settings.off = std::move(off);
    heals = std::make_unique<self_healing>(
        time, settings, [this](supervision_event what) { events.push_back(std::move(what)); });
  }
  result<std::uint64_t> shard(const std::string& cause = "it broke") {
    return heals->begin(healing_action::restart_shard, "taxi.call shard 1", cause);
  }
  [[nodiscard]] self_healing::counters counted() const {
    return heals->of(healing_action::restart_shard);
  }
};

} // namespace

TEST_CASE("an action is counted and recorded with cause and outcome, and told", "[healing]") {
  healed with;
  const auto number = with.shard("the disk was full");
  REQUIRE(number);
  CHECK(with.heals->records().back().is == healing_record::state::running);
  with.time.advance(250ms);
  with.heals->end(*number, true, "it is open again");
  const auto last = with.heals->records().back();
  CHECK(last.is == healing_record::state::done);
  CHECK(last.cause == "the disk was full");
  CHECK(last.outcome == "it is open again");
  CHECK(last.took_ms == 250);
  CHECK(with.counted().tried == 1);
  CHECK(with.counted().done == 1);
  REQUIRE(with.events.size() == 2);
  CHECK(with.events[0].kind == "healing-started");
  CHECK(with.events[0].subject == "taxi.call shard 1");
  CHECK(with.events[0].text == "restart-shard: the disk was full");
  CHECK(with.events[1].kind == "healing-done");
}

TEST_CASE("a failed action is told as one; an end that is told twice counts once", "[healing]") {
  healed with;
  const auto number = *with.shard();
  with.heals->end(number, false, "it does not open");
  with.heals->end(number, true, "no");
  CHECK(with.counted().failed == 1);
  CHECK(with.counted().done == 0);
  CHECK(with.events.back().kind == "healing-failed");
}

TEST_CASE("an action over its limit is refused with the time to wait, and allowed then",
          "[healing]") {
  healed with{{2, 1'000ms}};
  CHECK(with.shard());
  CHECK(with.shard());
  const auto refused = with.shard();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::rate_limited);
  CHECK(refused.error().retry_after_ms == 500);
  CHECK(with.counted().refused == 1);
  CHECK(with.events.back().kind == "healing-refused");
  with.time.advance(499ms);
  CHECK_FALSE(with.shard());
  with.time.advance(2ms);
  CHECK(with.shard());
  CHECK_FALSE(with.shard()); // one came back, not two
}

TEST_CASE("each action has a limit of its own", "[healing]") {
  healed with{{1, 1'000ms}};
  CHECK(with.shard());
  CHECK_FALSE(with.shard());
  CHECK(with.heals->begin(healing_action::rebuild_view, "taxi.callList view 0", "damaged"));
}

TEST_CASE("an action that is switched off is refused and counted apart, until it is on",
          "[healing]") {
  healed with{{100, 1'000ms}, {healing_action::restart_shard}};
  CHECK_FALSE(with.heals->is_on(healing_action::restart_shard));
  const auto refused = with.shard();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().retry_after_ms == self_healing::off_retry_ms);
  CHECK(with.counted().off == 1);
  CHECK(with.counted().refused == 0);
  with.heals->turn(healing_action::restart_shard, true);
  CHECK(with.shard());
}

TEST_CASE("refusals are told once a second, all are counted", "[healing]") {
  healed with{{100, 1'000ms}, {healing_action::restart_shard}};
  for (int i = 0; i < 20; ++i) {
    CHECK_FALSE(with.shard());
    with.time.advance(100ms);
  }
  CHECK(with.events.size() == 2);
  CHECK(with.counted().off == 20);
}

TEST_CASE("restarts of aggregates are counted, and told only if they fail", "[healing]") {
  healed with;
  const auto aggregate = [&] {
    return *with.heals->begin(healing_action::restart_aggregate, "taxi.call/1", "boom");
  };
  with.heals->end(aggregate(), true, "it runs again");
  CHECK(with.events.empty());
  with.heals->end(aggregate(), false, "boom again");
  CHECK(with.events.size() == 1);
  CHECK(with.heals->of(healing_action::restart_aggregate).tried == 2);
}

TEST_CASE("the last hundred are kept, whoever runs at the end", "[healing]") {
  healed with{{1'000, 1'000ms}};
  for (int i = 0; i < 150; ++i)
    with.heals->end(*with.shard(std::to_string(i)), true, "fine");
  const auto running = with.shard("now");
  REQUIRE(running);
  const auto kept = with.heals->records();
  CHECK(kept.size() == self_healing::records_max);
  CHECK(kept.front().cause == "51");
  CHECK(kept.back().cause == "now");
}

TEST_CASE("operators see switches, limits, counters and the last ones", "[healing]") {
  healed with;
  with.heals->end(*with.shard(), true, "fine");
  const auto said = with.heals->describe();
  const auto& actions = *said.find("actions")->get_if<value::array>();
  REQUIRE(actions.size() == all_healing_actions.size());
  CHECK(*actions[1].find("action") == value{"restart-shard"});
  CHECK(*actions[1].find("state") == value{"on"});
  CHECK(*actions[1].find("done") == value{1});
  CHECK(*actions[1].find("most") == value{2});
  const auto& last = *said.find("last")->get_if<value::array>();
  REQUIRE(last.size() == 1);
  CHECK(*last[0].find("cause") == value{"it broke"});
  CHECK(*last[0].find("state") == value{"done"});
}

TEST_CASE("every action has a name that leads back to it", "[healing]") {
  for (const auto each : all_healing_actions)
    CHECK(healing_action_of(name_of(each)) == each);
  CHECK_FALSE(healing_action_of("restart-everything"));
}
