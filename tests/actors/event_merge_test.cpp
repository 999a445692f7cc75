#include "actors/event_merge.hpp"

#include "seams/random.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>

using namespace troupe;

namespace {

published_event event_at(std::uint64_t index, std::int64_t time_ms, std::string name = "") {
  published_event made;
  made.index = {index};
  made.time_ms = time_ms;
  made.name = std::move(name);
  return made;
}

published_event because(published_event made, std::string context, std::uint64_t index) {
  made.reacts_to = event_source{std::move(context), {0}, {index}};
  return made;
}

/// Two streams, a and b, and what comes out of them.
struct merged {
  event_merge of;
  std::vector<bool> gone{false, false};
  merged() {
    (void)of.add("a", {0});
    (void)of.add("b", {0});
  }
  void take(std::size_t stream, std::vector<published_event> events, std::uint64_t next,
            std::uint64_t head) {
    of.take(stream, events, {next}, {head});
  }
  /// Names of all that can be had now.
  std::string out() {
    std::string names;
    while (auto next = of.next([&](std::size_t stream) { return gone[stream]; }))
      names += next->event.name;
    return names;
  }
  [[nodiscard]] bool complete() const {
    return of.complete([&](std::size_t stream) { return gone[stream]; });
  }
};

} // namespace

TEST_CASE("events come in the order of their time, whatever stream arrives first", "[merge]") {
  merged with;
  with.take(1, {event_at(1, 20, "b1"), event_at(2, 40, "b2")}, 3, 2);
  CHECK(with.out().empty()); // what a has is not known
  with.take(0, {event_at(1, 10, "a1"), event_at(2, 30, "a2"), event_at(3, 40, "a3")}, 4, 3);
  CHECK(with.out() == "a1b1a2a3b2");
  CHECK(with.complete());
}

TEST_CASE("a stream that has more to give is waited for, an idle one is not", "[merge]") {
  merged with;
  with.take(0, {event_at(1, 10, "a1")}, 2, 2); // the second is on its way
  with.take(1, {event_at(1, 20, "b1")}, 2, 1);
  CHECK(with.out() == "a1");
  CHECK_FALSE(with.complete());
  with.take(0, {event_at(2, 15, "a2")}, 3, 2);
  CHECK(with.out() == "a2b1");
  CHECK(with.complete());
  with.take(1, {event_at(2, 90, "b2")}, 3, 2); // live: a is silent
  CHECK(with.out() == "b2");
  with.take(0, {event_at(3, 80, "a3")}, 4, 3);
  CHECK(with.out() == "a3");
}

TEST_CASE("a stream whose source is gone blocks nobody", "[merge]") {
  merged with;
  with.take(1, {event_at(1, 20, "b1"), event_at(2, 30, "b2")}, 3, 2);
  with.gone[0] = true;
  CHECK(with.out() == "b1b2");
  CHECK(with.complete());
  with.gone[0] = false;
  with.take(0, {event_at(1, 10, "a1")}, 2, 1);
  CHECK(with.out() == "a1");
}

TEST_CASE("an effect waits for its cause, whatever the clocks say", "[merge]") {
  merged with;
  with.take(1, {because(event_at(1, 10, "b1"), "a", 2), event_at(2, 11, "b2")}, 3, 2);
  with.take(0, {event_at(1, 50, "a1")}, 2, 1);
  CHECK(with.out() == "a1");
  CHECK(with.of.waiting() == 2);
  CHECK(with.of.position(1).value == 1);
  SECTION("until the cause comes") {
    with.take(0, {event_at(2, 60, "a2"), event_at(3, 70, "a3")}, 4, 3);
    CHECK(with.out() == "a2b1b2a3");
  }
  SECTION("for good if the source is gone; the rest counts as done") {
    with.gone[0] = true;
    CHECK(with.out().empty());
    CHECK(with.complete());
  }
}

TEST_CASE("positions are behind whole records, also those without events", "[merge]") {
  merged with;
  auto first = event_at(3, 10, "x");
  auto second = event_at(3, 10, "y");
  second.ordinal = 1;
  with.take(0, {first, second}, 6, 5);
  CHECK(with.of.moved(0));
  CHECK(with.of.position(0).value == 3);
  with.take(1, {}, 1, 0); // nothing there
  CHECK(with.of.next([](std::size_t) { return false; })->event.name == "x");
  CHECK(with.of.position(0).value == 3);
  CHECK_FALSE(with.of.moved(0));
  CHECK_FALSE(with.of.between_records());
  CHECK(with.of.next([](std::size_t) { return false; })->event.name == "y");
  CHECK(with.of.position(0).value == 6);
  CHECK(with.of.between_records());
  CHECK(with.of.moved(0));
  CHECK_FALSE(with.of.moved(0));
  with.take(1, {}, 9, 8);
  CHECK(with.of.position(1).value == 9);
  CHECK(with.of.moved(1));
}

TEST_CASE("a cause without events is taken when it is passed, so nobody waits in a circle",
          "[merge]") {
  merged with;
  with.take(0, {event_at(1, 10, "a1"), because(event_at(3, 30, "a3"), "b", 1)}, 4, 3);
  with.take(1, {because(event_at(1, 20, "b1"), "a", 2)}, 2, 1);
  CHECK(with.out() == "a1b1a3");
}

TEST_CASE("the events of a record follow each other, also if something earlier arrives",
          "[merge]") {
  merged with;
  auto first = event_at(1, 10, "x");
  auto second = event_at(1, 10, "y");
  second.ordinal = 1;
  with.take(1, {first, second}, 2, 1);
  with.take(0, {}, 1, 0);
  CHECK(with.of.next([](std::size_t) { return false; })->event.name == "x");
  with.take(0, {event_at(1, 5, "a")}, 2, 1);
  CHECK(with.out() == "ya");
}

TEST_CASE("what arrives twice is taken once", "[merge]") {
  merged with;
  with.take(1, {}, 1, 0);
  with.take(0, {event_at(1, 10, "a1"), event_at(2, 20, "a2")}, 3, 2);
  with.take(0, {event_at(2, 20, "a2"), event_at(3, 30, "a3")}, 4, 3);
  CHECK(with.out() == "a1a2a3");
}

TEST_CASE("progress counts the records there were when reading began", "[merge]") {
  merged with;
  with.of.begin(0, {5});
  with.take(0, {event_at(5, 10, "a")}, 6, 8);
  with.take(1, {}, 3, 2);
  CHECK(with.out() == "a");
  CHECK(with.of.so_far().done == 3);
  CHECK(with.of.so_far().total == 6);
  CHECK(with.of.lag() == 3);
  with.take(0, {event_at(9, 20, "z")}, 10, 12); // there are more by now
  CHECK(with.out() == "z");
  CHECK(with.complete());
  CHECK(with.of.so_far().done == 6);
  CHECK(with.of.so_far().total == 6);
  CHECK(with.of.lag() == 3);
  with.of.begin(0, {1});
  CHECK_FALSE(with.complete());
  CHECK(with.of.so_far().total == 2);
}

namespace {

struct history {
  std::vector<std::deque<published_event>> streams;
  std::vector<record_index> heads; ///< newest records, with or without events
};

/// Records of several streams as a busy system would write them: clocks that stand still or jump a
/// little, records of several events, reactions to what others wrote before.
history write_history(random_source& random, std::size_t streams, int records) {
  const auto any = [&](std::uint64_t below) { return random.next() % below; };
  history made{std::vector<std::deque<published_event>>(streams),
               std::vector<record_index>(streams)};
  std::int64_t now = 1'000;
  for (int i = 0; i < records; ++i) {
    now += static_cast<std::int64_t>(any(3));
    const auto at = any(streams);
    const auto index = ++made.heads[at].value;
    const auto time = now - static_cast<std::int64_t>(any(2)); // another lane's round began before
    const auto cause = any(streams);
    const auto events = any(8) == 0 ? 0 : 1 + any(5) / 4;
    for (std::uint32_t ordinal = 0; ordinal < events; ++ordinal) {
      auto event = event_at(index, time, std::to_string(at) + "/" + std::to_string(index));
      event.ordinal = ordinal;
      if (const auto newest = made.heads[cause].value; cause != at && newest > 0 && any(3) == 0)
        event = because(std::move(event), std::to_string(cause), newest);
      made.streams[at].push_back(std::move(event));
    }
  }
  return made;
}

std::vector<std::string> names(event_merge& from) {
  std::vector<std::string> all;
  while (auto next = from.next([](std::size_t) { return false; }))
    all.push_back(next->event.name + "." + std::to_string(next->event.ordinal));
  return all;
}

event_merge merge_of(std::size_t streams) {
  event_merge made;
  for (std::size_t i = 0; i < streams; ++i)
    (void)made.add(std::to_string(i), {0});
  return made;
}

} // namespace

TEST_CASE("however streams arrive, what was there comes in one and the same order", "[merge]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    seeded_random random{seed};
    const std::size_t streams = 1 + random.next() % 5;
    const auto written = write_history(random, streams, 60);
    const auto& heads = written.heads;

    auto at_once = merge_of(streams);
    for (std::size_t i = 0; i < streams; ++i) {
      std::vector<published_event> all{written.streams[i].begin(), written.streams[i].end()};
      at_once.take(i, all, {heads[i].value + 1}, heads[i]);
    }
    const auto expected = names(at_once);
    std::size_t events = 0;
    for (const auto& each : written.streams)
      events += each.size();
    REQUIRE(expected.size() == events);

    auto in_pieces = merge_of(streams);
    auto left = written.streams;
    std::vector<bool> ended(streams);
    std::vector<std::string> got;
    while (std::find(ended.begin(), ended.end(), false) != ended.end()) {
      const auto from = random.next() % streams;
      if (ended[from]) continue;
      std::vector<published_event> some; // whole records, as a push has them
      for (auto most = random.next() % 6; most > 0 && !left[from].empty(); --most) {
        const auto index = left[from].front().index;
        while (!left[from].empty() && left[from].front().index == index) {
          some.push_back(std::move(left[from].front()));
          left[from].pop_front();
        }
      }
      ended[from] = left[from].empty();
      const auto next = ended[from] ? heads[from].value + 1 : left[from].front().index.value;
      in_pieces.take(from, some, {next}, heads[from]);
      const auto more = names(in_pieces);
      got.insert(got.end(), more.begin(), more.end());
    }
    REQUIRE(got == expected);
    REQUIRE(in_pieces.complete([](std::size_t) { return false; }));
  }
}
