#include "actors/lane_gate.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <map>

using namespace troupe;
using namespace std::chrono_literals;
using verdict = lane_gate::verdict;

namespace {

constexpr monotonic_time start{1h};

gate_request of(std::uint32_t context, bool outside = true, std::uint64_t bytes = 100) {
  gate_request one;
  one.context = context;
  one.bytes = bytes;
  one.outside = outside;
  one.time = 2s;
  return one;
}

/// A lane that takes up so many requests a second, in rounds of ten milliseconds, and drops those
/// whose time is over; callers that offer so many, whatever becomes of them.
struct pressed_lane {
  explicit pressed_lane(double per_second, const lane_gate_settings& with = {})
      : served_per_round(per_second / 100), gate(with) {}

  struct held {
    gate_request what;
    monotonic_time since;
  };
  double served_per_round;
  lane_gate gate;
  std::deque<held> line;
  monotonic_time now = start;
  std::map<std::uint32_t, std::uint64_t> offered, in_time, refused, expired;
  std::chrono::nanoseconds longest{0}; ///< wait of those that were served
  double owed_service = 0;
  std::map<std::uint32_t, double> owed;

  /// One round: arrivals of each context by its rate, then service.
  void round(const std::map<std::uint32_t, double>& per_second, std::chrono::milliseconds time) {
    now += 10ms;
    bool any = true;
    for (auto& [context, rate] : per_second)
      owed[context] += rate / 100;
    while (any) { // in turns, as they come from the network
      any = false;
      for (auto& [context, left] : owed) {
        if (left < 1) continue;
        left -= 1;
        any = true;
        ++offered[context];
        auto one = of(context);
        one.time = time;
        if (gate.enter(one, now) == verdict::enters)
          line.push_back({one, now});
        else
          ++refused[context];
      }
    }
    gate_departures those;
    owed_service = std::min(owed_service + served_per_round, 2 * served_per_round);
    while (!line.empty() && owed_service >= 1) {
      auto next = line.front();
      line.pop_front();
      next.what.waited = now - next.since;
      next.what.expired = next.what.waited >= next.what.time;
      if (next.what.expired) {
        ++expired[next.what.context];
      } else {
        owed_service -= 1;
        ++in_time[next.what.context];
        longest = std::max(longest, next.what.waited);
      }
      those.add(next.what);
    }
    gate.leave(those, now);
  }
  void run(std::chrono::milliseconds how_long, const std::map<std::uint32_t, double>& per_second,
           std::chrono::milliseconds time = 2s) {
    for (auto left = how_long; left > 0ms; left -= 10ms)
      round(per_second, time);
  }
  void forget_figures() {
    offered.clear();
    in_time.clear();
    refused.clear();
    expired.clear();
    longest = 0ns;
  }
};

} // namespace

TEST_CASE("a gate bounds what waits by number and by bytes, and knows who has left") {
  lane_gate gate{lane_gate_settings{.waiting_max = 4, .bytes_max = 1'000}};
  for (int i = 0; i < 4; ++i)
    CHECK(gate.enter(of(0), start) == verdict::enters);
  CHECK(gate.enter(of(0), start) == verdict::too_many);
  gate_departures those;
  those.add(of(0));
  those.add(of(0));
  gate.leave(those, start);
  CHECK(gate.waiting() == 2);
  CHECK(gate.bytes() == 200);
  CHECK(gate.enter(of(0, true, 900), start) == verdict::too_big);
  CHECK(gate.enter(of(0, true, 800), start) == verdict::enters);
  CHECK(gate.refused() == 2);
}

TEST_CASE("a big request may come if nobody else waits") {
  lane_gate gate{lane_gate_settings{.bytes_max = 1'000}};
  CHECK(gate.enter(of(0, true, 5'000), start) == verdict::enters);
  CHECK(gate.enter(of(0, true, 1), start) == verdict::too_big);
}

TEST_CASE("what parts send has room where clients have none any more") {
  lane_gate gate{lane_gate_settings{.waiting_max = 8, .bytes_max = 800}};
  for (int i = 0; i < 8; ++i)
    REQUIRE(gate.enter(of(0), start) == verdict::enters);
  CHECK(gate.enter(of(0), start) == verdict::too_many);
  CHECK(gate.enter(of(0, false), start) == verdict::enters);
  CHECK(gate.enter(of(0, false), start) == verdict::enters);
  CHECK(gate.enter(of(0, false), start) == verdict::too_many); // a quarter more, not for ever
}

TEST_CASE("under ten times what a lane can do it does as much as before, and in time") {
  pressed_lane lane{2'000};
  lane.run(5s, {{0, 2'000}});
  CHECK(lane.refused[0] == 0);
  lane.forget_figures();
  lane.run(20s, {{0, 20'000}});
  CHECK(lane.in_time[0] >= 38'000); // of 40,000 it can do
  CHECK(lane.expired[0] < 20'000);  // those that came in before it was noticed
  CHECK(lane.refused[0] > 300'000);
  lane.forget_figures();
  lane.run(5s, {{0, 20'000}});
  CHECK(lane.expired[0] == 0);         // once it is noticed nothing is late
  CHECK(lane.longest <= 700ms);        // a quarter of two seconds, and a look
  CHECK(lane.gate.waiting() <= 1'400); // 2,000/s for half a second, and a bit
}

TEST_CASE("a gate that lets callers wait as long as they can makes answers nearly late") {
  // What the test above would say if the gate allowed the whole time instead of a quarter of it.
  pressed_lane lane{2'000, {.waiting_max = 1'000'000, .time_share = 1, .wait_max = 10h}};
  lane.run(20s, {{0, 20'000}});
  lane.forget_figures();
  lane.run(5s, {{0, 20'000}});
  CHECK(lane.longest > 1'500ms);
}

TEST_CASE("when the overload is over the bound is out of the way within a second") {
  pressed_lane lane{2'000};
  lane.run(5s, {{0, 20'000}});
  REQUIRE(lane.gate.limit() < 2'000);
  lane.run(1'500ms, {{0, 1'000}});
  lane.forget_figures();
  lane.run(1s, {{0, 1'500}});
  CHECK(lane.refused[0] == 0);
  CHECK(lane.gate.limit() == lane_gate_settings{}.waiting_max);
}

TEST_CASE("a pause says that the lane keeps up") {
  pressed_lane lane{2'000};
  lane.run(5s, {{0, 20'000}});
  while (!lane.line.empty())
    lane.run(10ms, {});
  lane.now += 2s;
  CHECK(lane.gate.enter(of(0), lane.now) == verdict::enters);
  CHECK(lane.gate.limit() == lane_gate_settings{}.waiting_max);
}

TEST_CASE("a burst and a wide window are no overload where the time is long enough") {
  pressed_lane lane{40'000};
  SECTION("a burst of 16,000 at once") {
    lane.run(10ms, {{0, 1'600'000}}, 2s);
    lane.run(1s, {}, 2s);
    CHECK(lane.refused[0] == 0);
    CHECK(lane.in_time[0] == 16'000);
  }
  SECTION("16,000 calls open all the time, of a client that waits ten seconds") {
    lane.run(10ms, {{0, 1'600'000}}, 10s);
    lane.run(10s, {{0, 40'000}}, 10s); // each answer is followed by the next call
    CHECK(lane.refused[0] == 0);
    CHECK(lane.expired[0] == 0);
  }
}

TEST_CASE("a flood of one context does not shut out another on its lane") {
  pressed_lane lane{2'000};
  lane.run(5s, {{0, 20'000}, {1, 200}});
  lane.forget_figures();
  lane.run(10s, {{0, 20'000}, {1, 200}});
  CHECK(lane.refused[1] == 0);
  CHECK(lane.in_time[1] == lane.offered[1]);
  CHECK(lane.in_time[0] + lane.in_time[1] >= 19'000);
}

TEST_CASE("those that are refused hear a hint that their client waits for") {
  pressed_lane lane{2'000};
  CHECK(lane.gate.retry_after() == 50ms);
  lane.run(5s, {{0, 20'000}});
  CHECK(lane.gate.retry_after() == 500ms);
}
