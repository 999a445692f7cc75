#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

value json(std::string_view text) {
  return parse_json(text).value();
}

void answer(stage& on, const std::string& verb, std::string_view said) {
  on.script.admin_answers.insert_or_assign(verb, json(said));
}

constexpr std::string_view second = R"({"id":"taxi.call/1","context":"taxi.call","seq":2,
  "time_ms":1763644504000,"head":5,"exists":true,"state":{"customer":"kim","cost":null}})";
constexpr std::string_view fourth = R"({"id":"taxi.call/1","context":"taxi.call","seq":4,
  "time_ms":1763644509000,"head":5,"exists":true,"state":{"customer":"kim","cost":7,"x":1}})";

} // namespace

TEST_CASE("actor state shows a state at a turn or a time") {
  stage on;
  answer(on, "actor-state", second);
  REQUIRE(on.inspector({"actor", "state", "taxi.call/1", "--at", "2"}) == 0);
  CHECK(on.out.str() == "actor:    taxi.call/1\n"
                        "seq:      2\n"
                        "of:       5\n"
                        "time:     2025-11-20T13:15:04.000Z\n"
                        "exists:   true\n"
                        "customer: kim\n"
                        "cost:     -\n");
  CHECK(on.script.arguments == json(R"({"context":"taxi.call","id":1,"at_seq":2})"));
  REQUIRE(on.inspector({"actor", "state", "taxi.call/1", "--at", "2025-11-20T13:15:04Z"}) == 0);
  CHECK(on.script.arguments == json(R"({"context":"taxi.call","id":1,"at_ms":1763644504000})"));
  REQUIRE(on.inspector({"actor", "state", "taxi.call/1", "--at", "-5m"}) == 0);
  CHECK(*on.script.arguments.find("at_ms") == value{on.time.wall() - 300'000});
  REQUIRE(on.inspector({"actor", "state", "taxi.call/1", "-o", "json"}) == 0);
  CHECK(on.script.arguments == json(R"({"context":"taxi.call","id":1})"));
  CHECK(*json(on.out.str()).find("kind") == value{"ActorState"});
  CHECK(on.inspector({"actor", "state", "taxi.call"}) == 2);
  CHECK(on.inspector({"actor", "state", "taxi.call/1", "--at", "noon"}) == 2);
}

TEST_CASE("actor diff compares two states field by field") {
  stage on;
  on.script.admin_turns["actor-state"] = {json(second), json(fourth)};
  REQUIRE(on.inspector({"actor", "diff", "taxi.call/1", "2", "4"}) == 0);
  CHECK(on.out.str() == "FIELD  BEFORE  AFTER\n"
                        "cost   -           7\n"
                        "x      -           1\n");
  on.script.admin_turns["actor-state"] = {json(second), json(fourth)};
  REQUIRE(on.inspector({"actor", "diff", "taxi.call/1", "2", "4", "-o", "json"}) == 0);
  const auto shown = json(on.out.str());
  CHECK(*shown.find("kind") == value{"ActorDiff"});
  CHECK(*shown.find("from") == value{2});
  CHECK(*shown.find("to") == value{4});
  CHECK(shown.find("items")->get_if<value::array>()->size() == 2);
  answer(on, "actor-state", second);
  REQUIRE(on.inspector({"actor", "diff", "taxi.call/1", "2", "2"}) == 0);
  CHECK(on.out.str().find("the states are the same") != std::string::npos);
  CHECK(on.inspector({"actor", "diff", "taxi.call/1", "2"}) == 2);
  CHECK(on.inspector({"actor", "diff", "taxi.call/1", "2", "then"}) == 2);
}

TEST_CASE("actor send --dry-run shows what would be decided") {
  stage on;
  answer(on, "actor-dry-run", R"({"id":"taxi.driver/1","context":"taxi.driver",
    "command":"changeStatus","seq":3,"outcome":"accepted","rejection":null,"asks":null,"timers":[],
    "exists":true,"events":[{"name":"UpdatedStatus","payload":{"status":"x"}}],
    "state":{"status":"x"}})");
  std::vector<std::string> line{"actor", "send", "taxi.driver/1", "changeStatus", "status=x"};
  line.push_back("--dry-run");
  REQUIRE(on.inspector(line) == 0);
  CHECK(on.out.str() == "actor:      taxi.driver/1\n"
                        "decided on: 3\n"
                        "outcome:    accepted\n"
                        "event:      UpdatedStatus {\"status\":\"x\"}\n"
                        "status:     x\n");
  CHECK(on.err.str() == "a dry run: nothing was changed or sent\n");
  CHECK(on.script.arguments == parse_json(R"({"context":"taxi.driver","id":1,
    "command":"changeStatus","fields":{"status":"x"}})")
                                   .value());
  CHECK(on.script.name.empty()); // nothing was sent
  line.back() = "--id=again";
  (void)on.inspector(line);
  CHECK(on.script.name == "changeStatus"); // the same as `troupe send`
  CHECK(on.inspector({"actor", "send", "taxi.driver/1", "fly", "--dry-run"}) != 0);
}

TEST_CASE("actor stop says what is left") {
  stage on;
  answer(on, "actor-stop", R"({"id":"taxi.call/1","state":"passive","shard":0,"seq":4})");
  REQUIRE(on.inspector({"actor", "stop", "taxi.call/1"}) == 0);
  CHECK(on.out.str() == "ACTOR        STATE    SHARD  SEQ\n"
                        "taxi.call/1  passive      0    4\n");
  CHECK(on.inspector({"actor", "stop", "taxi.call"}) == 2);
}
