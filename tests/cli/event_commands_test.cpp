#include "messages/codec.hpp"
#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

value kept(std::int64_t position, std::int64_t time_ms, std::string_view kind) {
  return value::object{{"position", position},
                       {"time_ms", time_ms},
                       {"kind", kind},
                       {"subject", "edu.app -> edu.payment (command)"},
                       {"text", "it was closed"}};
}

published_event coming(std::uint64_t position, std::string name) {
  published_event made;
  made.index = {position};
  made.time_ms = 1'700'000'000'123;
  made.name = std::move(name);
  made.payload = encode_value(value::object{{"subject", "edu.app"}, {"text", "20 of 20\nfailed"}});
  return made;
}

struct two_nodes : stage {
  two_nodes() {
    script.members = {{"n1", 1, "tcp://one", "b", "active"}, {"n2", 1, "tcp://two", "b", "active"}};
    const auto answer = [this](const char* endpoint, value::array items) {
      script.nodes_answers.insert_or_assign(
          {endpoint, "events"}, result<value>{value::object{{"items", std::move(items)}}});
    };
    answer("tcp://one", {kept(5, 1'700'000'000'000, "breaker-opened"),
                         kept(6, 1'700'000'009'000, "breaker-closed")});
    answer("tcp://two", {kept(8, 1'700'000'004'000, "breaker-opened")});
  }
};

} // namespace

TEST_CASE("events puts those of all nodes in order of time") {
  two_nodes on;
  REQUIRE(on.inspector({"events", "-o", "name"}) == 0);
  CHECK(on.out.str() == "n1#5\nn2#8\nn1#6\n");
  REQUIRE(on.inspector({"events", "--kind", "breaker-opened", "-o", "name"}) == 0);
  CHECK(on.out.str() == "n1#5\nn2#8\n");
  REQUIRE(on.inspector({"events", "--limit", "1"}) == 0);
  CHECK(on.out.str() ==
        "TIME                      NODE  KIND            SUBJECT                           TEXT\n"
        "2023-11-14T22:13:29.000Z  n1    breaker-closed  edu.app -> edu.payment (command)  it was "
        "closed\n");
  REQUIRE(on.inspector({"events", "-o", "json"}) == 0);
  CHECK(*parse_json(on.out.str())->find("kind") == value{"NodeEventList"});
  CHECK(on.inspector({"events", "--limit", "0"}) == 2);
}

TEST_CASE("events --follow subscribes at every node and notes what was missed") {
  two_nodes on;
  on.script.nodes_events["tcp://one"] = {coming(1, "breaker-opened"), coming(2, "breaker-closed"),
                                         coming(7, "breaker-opened")};
  on.script.nodes_events["tcp://two"] = {coming(90, "breaker-opened")};
  REQUIRE(on.inspector({"events", "--follow", "--kind", "breaker-opened"}) == 0);
  CHECK(on.out.str() ==
        "2023-11-14T22:13:20.123Z  n1  breaker-opened  edu.app  20 of 20\\nfailed\n"
        "2023-11-14T22:13:20.123Z  n1  breaker-opened  edu.app  20 of 20\\nfailed\n"
        "2023-11-14T22:13:20.123Z  n2  breaker-opened  edu.app  20 of 20\\nfailed\n");
  CHECK(on.err.str().find("note: events of node n1 were missed") == 0);
  CHECK(on.err.str().find("n2") == std::string::npos);
  REQUIRE(on.script.subscriptions.size() == 2);
  CHECK(on.script.subscriptions[0].only_new);
  REQUIRE(on.inspector({"events", "--follow", "-o", "jsonl"}) == 0);
  const auto first = parse_json(on.out.str().substr(0, on.out.str().find('\n'))).value();
  CHECK(*first.find("event") == value{"breaker-opened"});
  CHECK(*first.find("position") == value{1});
}

TEST_CASE("events --follow takes up with nodes that join, from their first event") {
  two_nodes on;
  on.waits_before_stop = 3;
  on.script.members_later = on.script.members;
  on.script.members_later->push_back({"n3", 1, "tcp://three", "b", "active"});
  on.script.nodes_events["tcp://three"] = {coming(1, "breaker-opened")};
  REQUIRE(on.inspector({"events", "--follow", "-o", "name"}) == 0);
  CHECK(on.out.str() == "n3#1\n");
  REQUIRE(on.script.subscriptions.size() == 3); // once each, however often it looks
  CHECK(on.script.subscriptions[0].only_new);
  CHECK_FALSE(on.script.subscriptions[2].only_new);
}

TEST_CASE("events says why nothing can be shown") {
  stage on;
  on.reachable = false;
  CHECK(on.inspector({"events"}) == 3);
  CHECK(on.inspector({"events", "--follow"}) == 3);
}
