#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

published_event turn(std::uint64_t index, std::int64_t dropped) {
  published_event made;
  made.index = {index};
  made.time_ms = 1'763'644'504'000;
  made.name = "callTaxi";
  made.payload = encode_value(value::object{{"id", "taxi.call/4"},
                                            {"context", "taxi.call"},
                                            {"command", "callTaxi"},
                                            {"command_id", "018bcfe5"},
                                            {"kind", "command"},
                                            {"outcome", "accepted"},
                                            {"us", 12},
                                            {"correlation", "c\x1b[2J"},
                                            {"dropped", dropped}});
  return made;
}

struct one_node : stage {
  one_node() {
    waits_before_stop = 1'000;
    script.members = {{"n1", 1, "tcp://one", "b", "active"}};
    script.nodes_turns["tcp://one"] = {turn(1, 0), turn(9, 7)};
  }
};

} // namespace

TEST_CASE("tap shows turns as they come, and ends by itself") {
  one_node on;
  const auto before = on.time.monotonic();
  REQUIRE(on.inspector({"tap", "taxi.*", "--sample", "25%", "--for", "20s", "--most", "9"}) == 0);
  CHECK(on.time.monotonic() - before == std::chrono::seconds{20});
  CHECK(on.out.str() == "2025-11-20T13:15:04.000Z  n1  taxi.call/4  callTaxi  accepted  12 us\n"
                        "2025-11-20T13:15:04.000Z  n1  taxi.call/4  callTaxi  accepted  12 us\n");
  CHECK(on.err.str().find("7 turns were left out") != std::string::npos);
  REQUIRE(on.script.taps.size() == 1);
  CHECK(on.script.taps[0].context == "taxi.*");
  CHECK(on.script.taps[0].sample == 0.25);
  CHECK(on.script.taps[0].most_per_s == 9);
  CHECK(on.script.taps[0].lasts == std::chrono::seconds{20});
  REQUIRE(on.inspector({"tap", "--limit", "1", "-o", "jsonl"}) == 0);
  const auto shown = parse_json(on.out.str()).value();
  CHECK(*shown.find("kind") == value{"Turn"});
  CHECK(*shown.find("node") == value{"n1"});
  CHECK(*shown.find("us") == value{12});
  CHECK(on.out.str().find('\x1b') == std::string::npos);
}

TEST_CASE("tap refuses what a node would refuse, and tells what it refuses") {
  one_node on;
  CHECK(on.inspector({"tap", "--sample", "0"}) == 2);
  CHECK(on.inspector({"tap", "--sample", "101%"}) == 2);
  CHECK(on.inspector({"tap", "--for", "6m"}) == 2);
  CHECK(on.inspector({"tap", "--most", "1001"}) == 2);
  CHECK(on.inspector({"tap", "--limit", "0"}) == 2);
  on.script.tap_refused = fail(errc::overloaded, "16 listeners");
  CHECK(on.inspector({"tap"}) != 0);
  CHECK(on.err.str().find("16 listeners") != std::string::npos);
}

TEST_CASE("a tap that some nodes refuse is partly done") {
  one_node on;
  on.script.members.push_back({"n2", 1, "tcp://two", "b", "active"});
  CHECK(on.inspector({"tap"}) == 0);
  on.script.tap_refused = fail(errc::overloaded, "16 listeners");
  on.script.tap_refused_at = "tcp://two";
  CHECK(on.inspector({"tap"}) == 10);
  CHECK(on.out.str().find("taxi.call/4") != std::string::npos);
  CHECK(on.err.str().find("the tap of node n2 ended") != std::string::npos);
}
