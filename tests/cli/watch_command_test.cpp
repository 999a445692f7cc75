#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

stage watched(std::uint32_t shards) {
  stage on;
  on.script.served = {{"taxi.call", shards, false, true}};
  published_event event;
  event.aggregate = {5};
  event.name = "CalledTaxi";
  event.payload = encode_value(value{value::object{{"cost", 500}}});
  event.time_ms = 1'700'000'000'123;
  on.script.events = {event, event, event};
  return on;
}

} // namespace

TEST_CASE("watch follows all shards and prints an event a line") {
  stage on = watched(2);
  REQUIRE(on.troupe({"watch", "taxi.call"}) == 0);
  REQUIRE(on.script.subscriptions.size() == 2);
  CHECK(on.script.subscriptions[1].shard.value == 1);
  CHECK(on.script.subscriptions[0].only_new);
  CHECK(on.lines_printed() == 3);
  CHECK(on.out.str().find("taxi.call/5") != std::string::npos);
}

TEST_CASE("watch ends after the number of events asked for") {
  stage on = watched(1);
  REQUIRE(on.troupe({"watch", "taxi.call", "--count", "2", "-o", "jsonl"}) == 0);
  std::istringstream lines{on.out.str()};
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    ++count;
    const auto event = parse_json(line);
    REQUIRE(event);
    CHECK(*event->find("event") == value{"CalledTaxi"});
    CHECK(*event->find("payload")->find("cost") == value{500});
  }
  CHECK(count == 2);
}

TEST_CASE("watch that is cut short of its count says so") {
  stage on = watched(1);
  CHECK(on.troupe({"watch", "taxi.call", "--count", "9"}) == 130);
}

TEST_CASE("watch checks shard and position") {
  stage on = watched(2);
  CHECK(on.troupe({"watch", "taxi.call", "--shard", "2"}) == 2);
  CHECK(on.troupe({"watch", "taxi.call", "--from", "7"}) == 2);
  CHECK(on.troupe({"watch", "taxi.call", "--from", "later"}) == 2);
  CHECK(on.troupe({"watch", "taxi.callList"}) == 2);
  on = watched(2);
  REQUIRE(on.troupe({"watch", "taxi.call", "--shard", "1", "--from", "7"}) == 0);
  CHECK(on.script.subscriptions[0].from.value == 7);
  CHECK_FALSE(on.script.subscriptions[0].only_new);
}
