#include "supervisors/supervision_log.hpp"

#include "messages/credit.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

using namespace troupe;

namespace {

/// Takes what a subscriber gets.
struct reader final : answer_port {
  void deliver(std::vector<answer>& batch) override {
    const std::lock_guard lock{mutex};
    for (auto& each : batch) {
      if (const auto* push = std::get_if<event_push>(&each.content)) {
        auto read = decode_events(push->payload).value();
        events.insert(events.end(), read.begin(), read.end());
        next = push->next.value;
        ++pushes;
      } else if (const auto* why = std::get_if<error>(&each.content)) {
        ended = why->code;
      } else {
        ended_well = true;
      }
    }
    batch.clear();
  }
  std::mutex mutex;
  std::vector<published_event> events;
  std::uint64_t next = 0;
  int pushes = 0;
  std::optional<errc> ended;
  bool ended_well = false;
};

inbound about(reader& who, request_kind kind, std::string payload, std::uint64_t id = 1) {
  inbound made;
  made.content.kind = kind;
  made.content.payload = std::move(payload);
  made.from = {&who, 3, id};
  return made;
}

inbound subscribing(reader& who, subscribe_request wanted, std::uint64_t id = 1) {
  return about(who, request_kind::subscribe, encode_subscribe_request(wanted), id);
}

struct told {
  simulated_clock time{1'000'000};
  std::atomic<int> lines{0};
  supervision_log log{time, [this](const supervision_event&, std::uint64_t) { ++lines; }};
  reader who;
  void happen(int times, const std::string& kind = "tested") {
    for (int i = 0; i < times; ++i)
      log.add({kind, "a.b/1", "number " + std::to_string(++number)});
  }
  bool grant(std::uint32_t events) {
    return log.take(about(who, request_kind::credit, encode_credit(events)));
  }
  int number = 0;
};

std::int64_t number_in(const value& from, std::string_view name) {
  return *from.find(name)->get_if<std::int64_t>();
}

} // namespace

TEST_CASE("the log keeps the newest events with their positions", "[events]") {
  told of;
  of.happen(3);
  auto said = of.log.after(0, 10);
  const auto* items = said.find("items")->get_if<value::array>();
  REQUIRE(items->size() == 3);
  CHECK(of.lines == 3);                                   // each is one log line
  CHECK(number_in((*items)[0], "position") == 1'000'000); // its start by the wall clock
  CHECK(number_in((*items)[2], "position") == 1'000'002);
  CHECK(*(*items)[2].find("kind") == value{"tested"});
  CHECK(*(*items)[2].find("subject") == value{"a.b/1"});
  CHECK(*(*items)[2].find("text") == value{"number 3"});
  CHECK(number_in((*items)[2], "time_ms") == 1'000'000);
  CHECK(number_in(said, "next") == 1'000'003);
  CHECK(of.log.after(1'000'001, 10).find("items")->get_if<value::array>()->size() == 1);
  CHECK(of.log.after(0, 2).find("items")->get_if<value::array>()->size() == 2);

  of.happen(static_cast<int>(supervision_log::kept_max) + 7);
  said = of.log.after(0, 100'000);
  CHECK(said.find("items")->get_if<value::array>()->size() == supervision_log::kept_max);
  CHECK(number_in(said, "first") == 1'000'010);
}

TEST_CASE("events are counted by their kind, and kinds have a bound", "[events]") {
  told of;
  of.happen(2, "one");
  for (int kind = 0; kind < 100; ++kind)
    of.happen(1, "kind " + std::to_string(kind));
  const auto counts = of.log.counts();
  CHECK(counts.at("one") == 2);
  CHECK(counts.size() == supervision_log::kinds_max + 1);
  CHECK(counts.at("other") == 100 - (supervision_log::kinds_max - 1));
}

TEST_CASE("long texts are cut at a character", "[events]") {
  told of;
  std::string text = "x";
  for (int i = 0; i < 1'000; ++i)
    text += "ü";
  of.log.add({"tested", text, text});
  const auto items = of.log.after(0, 1);
  const auto& item = items.find("items")->get_if<value::array>()->front();
  const auto subject = *item.find("subject")->get_if<std::string>();
  CHECK(subject.size() <= supervision_log::subject_bytes_max);
  CHECK(subject.size() >= supervision_log::subject_bytes_max - 2);
  CHECK(subject.ends_with("ü…"));
  CHECK(item.find("text")->get_if<std::string>()->size() <= supervision_log::text_bytes_max);
}

TEST_CASE("a subscriber gets what happens, as far as it granted", "[events]") {
  told of;
  of.happen(2);
  of.log.subscribe(subscribing(of.who, {.only_new = true, .credit = 3}));
  CHECK(of.who.events.empty());
  CHECK(of.who.next == 1'000'002);
  of.happen(5);
  REQUIRE(of.who.events.size() == 3);
  CHECK(of.who.events[0].index.value == 1'000'002);
  CHECK(of.who.events[0].name == "tested");
  CHECK(*decode_value(of.who.events[0].payload)->find("text") == value{"number 3"});
  REQUIRE(of.grant(10));
  CHECK(of.who.events.size() == 5);
  of.happen(1);
  CHECK(of.who.events.size() == 6);
  CHECK(of.who.next == 1'000'008);
}

TEST_CASE("a subscriber may begin with what is kept, in more than one push", "[events]") {
  told of;
  of.happen(1'000);
  of.log.subscribe(subscribing(of.who, {.credit = 100'000}));
  CHECK(of.who.events.size() == 1'000);
  CHECK(of.who.pushes == 4);
  reader later;
  of.log.subscribe(subscribing(later, {.from = {1'000'990}, .credit = 100}));
  CHECK(later.events.size() == 10);
}

TEST_CASE("a slow subscriber loses the oldest, and sees the gap", "[events]") {
  told of;
  of.log.subscribe(subscribing(of.who, {.only_new = true, .credit = 1}));
  of.happen(static_cast<int>(supervision_log::kept_max) + 100);
  REQUIRE(of.who.events.size() == 1);
  REQUIRE(of.grant(1));
  REQUIRE(of.who.events.size() == 2);
  CHECK(of.who.events[1].index.value == 1'000'100);
}

TEST_CASE("a subscription ends by its own word, with the node, or is refused", "[events]") {
  told of;
  SECTION("unsubscribed") {
    of.log.subscribe(subscribing(of.who, {}));
    CHECK(of.log.take(about(of.who, request_kind::unsubscribe, {})));
    CHECK(of.who.ended_well);
    of.happen(1);
    CHECK(of.who.events.empty());
    CHECK_FALSE(of.grant(1)); // nobody of that name any more
  }
  SECTION("with the node") {
    of.log.subscribe(subscribing(of.who, {}));
    of.log.close(fail(errc::shutting_down, "over"));
    CHECK(of.who.ended == errc::shutting_down);
  }
  SECTION("beyond the newest") {
    of.log.subscribe(subscribing(of.who, {.from = {1'000'001}}));
    CHECK(of.who.ended == errc::position_gone);
  }
  SECTION("not readable") {
    of.log.subscribe(about(of.who, request_kind::subscribe, "\xc1"));
    CHECK(of.who.ended == errc::malformed);
  }
  SECTION("too many") {
    for (std::uint64_t id = 1; id <= supervision_log::subscribers_max; ++id)
      of.log.subscribe(subscribing(of.who, {}, id));
    CHECK_FALSE(of.who.ended);
    of.log.subscribe(subscribing(of.who, {}, 99));
    CHECK(of.who.ended == errc::overloaded);
  }
}

TEST_CASE("events from many threads reach a subscriber once and in order", "[events]") {
  constexpr int threads = 4;
  constexpr int each = 500;
  told of;
  of.log.subscribe(subscribing(of.who, {.only_new = true, .credit = 1'000'000}));
  std::vector<std::thread> lanes;
  for (int lane = 0; lane < threads; ++lane)
    lanes.emplace_back([&] {
      for (int i = 0; i < each; ++i)
        of.log.add({"tested", "s", "t"});
    });
  for (auto& lane : lanes)
    lane.join();
  REQUIRE(of.who.events.size() == threads * each);
  for (std::size_t i = 0; i < of.who.events.size(); ++i)
    REQUIRE(of.who.events[i].index.value == 1'000'000 + i);
}
