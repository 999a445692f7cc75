#include "supervisors/lane_watch.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace std::chrono_literals;
using state = lane_watch::state;

namespace {

struct watched {
  lane_watch watch{{2'000ms, 30'000ms}};
  monotonic_time now{std::chrono::hours{1}};

  /// Looks every 100 ms for that long; the state after it.
  state see(const lane_sight& sight, std::chrono::milliseconds time) {
    auto is = watch.look(sight, now);
    for (auto passed = 0ms; passed < time; passed += 100ms) {
      now += 100ms;
      is = watch.look(sight, now);
    }
    return is;
  }
};

constexpr lane_sight handler{.business_since_ns = 77, .rounds = 5};
constexpr lane_sight stands{.rounds = 5, .has_mail = true};

} // namespace

TEST_CASE("a handler is slow after two seconds and stuck after thirty", "[watch]") {
  watched lane;
  CHECK(lane.see(handler, 1'900ms) == state::moving);
  CHECK(lane.see(handler, 100ms) == state::slow);
  CHECK(lane.watch.in_business());
  CHECK(lane.see(handler, 27'900ms) == state::slow);
  CHECK(lane.see(handler, 100ms) == state::stuck);
  CHECK(lane.watch.standing() == 30'000ms);
}

TEST_CASE("a handler that returns is forgotten, also if another runs at once", "[watch]") {
  watched lane;
  CHECK(lane.see(handler, 5'000ms) == state::slow);
  CHECK(lane.see({.business_since_ns = 78, .rounds = 5}, 0ms) == state::moving);
  CHECK(lane.see({}, 60'000ms) == state::moving);
}

TEST_CASE("many short handlers are no long one", "[watch]") {
  watched lane;
  for (int i = 1; i < 400; ++i)
    CHECK(lane.see({.business_since_ns = i}, 100ms) == state::moving);
}

TEST_CASE("a lane that makes no round though it has mail stands", "[watch]") {
  watched lane;
  CHECK(lane.see(stands, 2'000ms) == state::slow);
  CHECK_FALSE(lane.watch.in_business());
  CHECK(lane.see({.rounds = 6, .has_mail = true}, 0ms) == state::moving);
  CHECK(lane.see({.rounds = 6, .has_mail = true}, 30'000ms) == state::stuck);
}

TEST_CASE("a lane without mail may sleep, and one that opens a part may take its time", "[watch]") {
  watched lane;
  CHECK(lane.see({.rounds = 5}, 60'000ms) == state::moving);
  auto opens = stands;
  opens.excused = true;
  CHECK(lane.see(opens, 60'000ms) == state::moving);
  CHECK(lane.see(stands, 1'900ms) == state::moving); // and begins anew afterwards
  auto excused_handler = handler;
  excused_handler.excused = true; // business code is no opening
  CHECK(lane.see(excused_handler, 2'000ms) == state::slow);
}

TEST_CASE("time in which nobody looked blames nobody", "[watch]") {
  watched lane;
  CHECK(lane.see(handler, 1'000ms) == state::moving);
  lane.now += std::chrono::hours{8};            // suspended
  CHECK(lane.see(handler, 0ms) == state::slow); // one second of it counts, no more
  CHECK(lane.watch.standing() == 2'000ms);
}
