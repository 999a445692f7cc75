#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

void answer(stage& on, const char* verb, std::string_view json) {
  auto parsed = parse_json(json);
  REQUIRE(parsed);
  on.script.admin_answers.insert_or_assign(verb, *parsed);
}

} // namespace

TEST_CASE("tree draws the supervision tree or gives it as data") {
  stage on;
  on.script.members = {{"n1", 1, "tcp://one", "b", "active"}};
  answer(on, "tree", R"({"name":"n1","kind":"node","state":"up","restarts":0,"children":[]})");
  REQUIRE(on.inspector({"tree"}) == 0);
  CHECK(on.out.str() == "n1 (node)  up\n");
  REQUIRE(on.inspector({"tree", "-o", "json"}) == 0);
  CHECK(*parse_json(on.out.str())->find("kind") == value{"Tree"});
}

TEST_CASE("tree asks every node, and says who did not answer") {
  stage on;
  on.script.members = {{"n1", 1, "tcp://one", "b", "active"},
                       {"n2", 1, "tcp://two", "b", "active"}};
  answer(on, "tree", R"({"name":"n1","kind":"node","state":"up","restarts":0,"children":[]})");
  on.script.nodes_answers.insert_or_assign(
      {"tcp://two", "tree"},
      *parse_json(R"({"name":"n2","kind":"node","state":"stuck","restarts":3,"children":[]})"));
  REQUIRE(on.inspector({"tree"}) == 0);
  CHECK(on.out.str() == "n1 (node)  up\nn2 (node)  stuck  3 restarts\n");
  on.script.nodes_answers.insert_or_assign({"tcp://two", "tree"}, fail(errc::unreachable, "gone"));
  CHECK(on.inspector({"tree"}) == 10);
  CHECK(on.err.str().find("n2 did not answer") != std::string::npos);
}

TEST_CASE("actor ls hands its filters to the node") {
  stage on;
  answer(on, "actors", R"({"items":[{"id":"taxi.call/1","shard":0,"lane":1,"seq":3,"waiting":0,
    "handled":3,"failures":0,"restarts":0,"state":"live","idle_ms":1500}],"total":5})");
  REQUIRE(on.inspector({"actor", "ls", "--context", "taxi.call", "--state", "live"}) == 0);
  CHECK(*on.script.arguments.find("context") == value{"taxi.call"});
  CHECK(*on.script.arguments.find("state") == value{"live"});
  CHECK(*on.script.arguments.find("limit") == value{100});
  CHECK(on.out.str().find("taxi.call/1  live") != std::string::npos);
  CHECK(on.out.str().find("1.5 s") != std::string::npos);
  CHECK(on.err.str().find("1 of 5") != std::string::npos);
  CHECK(on.inspector({"actor", "ls", "--state", "odd"}) == 2);
  CHECK(on.inspector({"actor", "ls", "--limit", "0"}) == 2);
  CHECK(on.inspector({"actor", "ls", "--context", "taxi.cal"}) == 5);
}

TEST_CASE("actor show is one actor, member by member") {
  stage on;
  answer(on, "actor", R"({"id":"taxi.call/1","state":"asking","supervisor":"node/taxi/call/shard 0",
    "current":{"status":"Called"},"exists":true,"open_ask":{"target":"taxi.payment"}})");
  REQUIRE(on.inspector({"actor", "show", "taxi.call/1"}) == 0);
  CHECK(*on.script.arguments.find("id") == value{1});
  CHECK(on.out.str().find("supervisor: node/taxi/call/shard 0") != std::string::npos);
  CHECK(on.out.str().find(R"({"status":"Called"})") != std::string::npos);
  CHECK(on.inspector({"actor", "show", "taxi.call"}) == 2);
}

TEST_CASE("actor history shows events with cause and time, rejections with their reason") {
  stage on;
  answer(on, "history", R"({"items":[
    {"seq":1,"time_ms":1700000000123,"outcome":"accepted","command":"receiveCall",
     "cause":{"context":"taxi.call","shard":0,"index":7},
     "events":[{"name":"CallReceived","payload":{"callId":4}}],"rejection":null},
    {"seq":2,"time_ms":1700000000200,"outcome":"rejected","command":"changeStatus","cause":null,
     "events":[],"rejection":{"code":"INVALID_TRANSITION","message":"not from Called"}}],
    "total":2})");
  REQUIRE(on.inspector({"actor", "history", "taxi.driver/1", "--from", "1", "--limit", "5"}) == 0);
  CHECK(*on.script.arguments.find("from") == value{1});
  const std::string text = on.out.str();
  CHECK(text.find("2023-11-14T22:13:20.123Z") != std::string::npos);
  CHECK(text.find("taxi.call@0:7") != std::string::npos);
  CHECK(text.find(R"(CallReceived        {"callId":4})") != std::string::npos);
  CHECK(text.find("INVALID_TRANSITION  not from Called") != std::string::npos);
  CHECK(text.find("TRACE") == std::string::npos); // nobody traces
  REQUIRE(on.inspector({"actor", "history", "taxi.driver/1", "-o", "name"}) == 0);
  CHECK(on.out.str() == "taxi.driver/1#1\ntaxi.driver/1#2\n");
}

TEST_CASE("actor history goes on where an answer was full") {
  stage on;
  answer(on, "history", R"({"items":[{"seq":1,"events":[]}],"total":9,"next":2})");
  REQUIRE(on.inspector({"actor", "history", "taxi.driver/1", "--limit", "5", "-o", "name"}) == 0);
  CHECK(on.out.str() == "taxi.driver/1#1\ntaxi.driver/1#1\n"); // the second answer is no news
  CHECK(*on.script.arguments.find("from") == value{2});
  CHECK(*on.script.arguments.find("limit") == value{4});
}
