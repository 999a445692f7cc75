#include "actors/actor_samples.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// Actors whose figures a test sets, sampled as a shard does it.
struct sampled {
  actor_samples samples;
  std::map<std::int64_t, actor_figures> actors;
  std::map<std::int64_t, std::uint32_t> rows;
  monotonic_time now{1'000s};

  void take(std::chrono::milliseconds window = 5s) {
    samples.begin(now, window);
    for (const auto& [id, figures] : actors)
      rows[id] = samples.add({id}, rows[id], figures);
    samples.finish();
  }
  [[nodiscard]] std::vector<std::int64_t> highest(top_order by, std::size_t limit) const {
    std::vector<std::int64_t> ids;
    for (const auto* each : samples.highest(by, limit))
      ids.push_back(each->id.number);
    return ids;
  }
  [[nodiscard]] const actor_samples::row& row(std::int64_t id) const {
    return samples.rows()[rows.at(id)];
  }
};

} // namespace

TEST_CASE("the highest of a sample come first, at most as many as wanted", "[top]") {
  sampled of;
  for (std::int64_t id = 1; id <= 1'000; ++id) {
    const auto number = static_cast<std::uint32_t>(id * 37 % 1'000);
    of.actors[id] = {.handled = 5, .mailbox = number, .memory = 1'000 - number, .restarts = 0};
  }
  of.take();
  const auto by_mailbox = of.highest(top_order::mailbox, 3);
  REQUIRE(by_mailbox.size() == 3);
  CHECK(of.actors[by_mailbox[0]].mailbox == 999);
  CHECK(of.actors[by_mailbox[1]].mailbox == 998);
  CHECK(of.actors[by_mailbox[2]].mailbox == 997);
  CHECK(of.actors[of.highest(top_order::memory, 1)[0]].memory == 1'000);
  CHECK(of.highest(top_order::restarts, 2) == std::vector<std::int64_t>{1, 2}); // all alike: by id
  CHECK(of.highest(top_order::mailbox, 5'000).size() == 1'000);
  CHECK(of.highest(top_order::mailbox, 0).empty());
}

TEST_CASE("rates are those of the window between two samples", "[top]") {
  sampled of;
  of.actors[1] = {.handled = 1'000};
  of.actors[2] = {.handled = 10};
  of.take();
  CHECK(of.samples.window() == 0ms); // nothing to compare to yet
  of.actors[1].handled = 1'001;
  of.actors[2].handled = 60;
  of.actors[3].handled = 7; // came into memory since
  of.now += 5s;
  of.take();
  CHECK(of.samples.window() == 5s);
  CHECK(of.highest(top_order::rate, 2) == std::vector<std::int64_t>{2, 3});
  CHECK(actor_samples::handled(of.row(1)) == 1);
  CHECK(actor_samples::handled(of.row(2)) == 50);
  CHECK(actor_samples::handled(of.row(3)) == 7);
}

TEST_CASE("an actor that left memory and came back counts from 0", "[top]") {
  sampled of;
  of.actors[1] = {.handled = 900};
  of.take();
  of.actors[1].handled = 4;
  of.now += 5s;
  of.take();
  CHECK(actor_samples::handled(of.row(1)) == 4);
}

TEST_CASE("however often somebody looks, the window is not shorter than wanted", "[top]") {
  sampled of;
  of.actors[1] = {};
  of.take(5s);
  for (int i = 1; i <= 40; ++i) {
    of.now += 500ms;
    ++of.actors[1].handled;
    of.take(5s);
    CAPTURE(i);
    CHECK(of.samples.window() <= 11s);
    if (i >= 10) CHECK(of.samples.window() >= 5s);
    CHECK(actor_samples::handled(of.row(1)) == of.samples.window() / 500ms);
  }
}

TEST_CASE("growth is that of the figure that was chosen", "[top]") {
  sampled of;
  of.actors[1] = {.handled = 0, .mailbox = 10, .memory = 100, .restarts = 1};
  of.actors[2] = {.handled = 0, .mailbox = 50, .memory = 0, .restarts = 0};
  of.take();
  of.actors[1] = {.handled = 0, .mailbox = 30, .memory = 90, .restarts = 4};
  of.actors[2] = {.handled = 0, .mailbox = 45, .memory = 500, .restarts = 0};
  of.now += 5s;
  of.take();
  CHECK(actor_samples::growth(top_order::growth, of.row(1)) == 20);
  CHECK(actor_samples::growth(top_order::mailbox, of.row(2)) == -5);
  CHECK(actor_samples::growth(top_order::memory, of.row(1)) == -10);
  CHECK(actor_samples::growth(top_order::memory, of.row(2)) == 0); // was not estimated before
  CHECK(actor_samples::growth(top_order::restarts, of.row(1)) == 3);
  CHECK(of.highest(top_order::growth, 1) == std::vector<std::int64_t>{1});
}

TEST_CASE("names of orders go both ways", "[top]") {
  for (const auto by : {top_order::mailbox, top_order::rate, top_order::p99, top_order::restarts,
                        top_order::memory, top_order::growth})
    CHECK(top_order_named(name_of(by)) == by);
  CHECK_FALSE(top_order_named("colour"));
}
