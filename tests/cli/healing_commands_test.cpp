#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

constexpr const char* healed = R"({"actions":[{"action":"restart-shard","state":"on","most":500,
  "within_ms":60000,"tried":4,"done":3,"failed":1,"refused":0,"refused_off":2}],
  "last":[{"action":"restart-shard","subject":"taxi.call shard 1","cause":"the disk was full",
  "state":"done","outcome":"it is open again","time_ms":1700000000123,"took_ms":17}]})";

stage two_nodes() {
  stage on;
  for (const auto& [name, endpoint] : {std::pair{"n1", "tcp://one"}, {"n2", "tcp://two"}}) {
    map_member each;
    each.node = name;
    each.endpoint = endpoint;
    on.script.members.push_back(each);
  }
  for (const auto* verb : {"healing", "healing-switch"})
    on.script.admin_answers.insert_or_assign(verb, *parse_json(healed));
  return on;
}

bool has(const std::ostringstream& in, const std::string& what) {
  UNSCOPED_INFO(in.str());
  return in.str().find(what) != std::string::npos;
}

} // namespace

TEST_CASE("healing ls shows every action of every node with its counters and its limit") {
  auto on = two_nodes();
  REQUIRE(on.inspector({"healing", "ls"}) == 0);
  CHECK(has(on.out, "n1"));
  CHECK(has(on.out, "n2"));
  CHECK(has(on.out, "restart-shard"));
  CHECK(has(on.out, "500 in "));
  CHECK(on.script.arguments.find("action") == nullptr);
  REQUIRE(on.inspector({"healing", "ls", "-o", "name"}) == 0);
  CHECK(on.out.str() == "n1/restart-shard\nn2/restart-shard\n");
}

TEST_CASE("healing last shows cause and outcome") {
  auto on = two_nodes();
  REQUIRE(on.inspector({"healing", "last"}) == 0);
  for (const char* each : {"taxi.call shard 1", "the disk was full", "it is open again", "done",
                           "2023-11-14T22:13:20.123Z"})
    CHECK(has(on.out, each));
}

TEST_CASE("healing off tells every node, and fails if one did not hear it") {
  auto on = two_nodes();
  REQUIRE(on.inspector({"healing", "off", "restart-shard"}) == 0);
  CHECK(*on.script.arguments.find("action") == value{"restart-shard"});
  CHECK(*on.script.arguments.find("state") == value{"off"});
  REQUIRE(on.inspector({"healing", "on", "restart-shard"}) == 0);
  CHECK(*on.script.arguments.find("state") == value{"on"});
  on.script.nodes_answers.insert_or_assign({"tcp://two", "healing-switch"},
                                           result<value>{fail(errc::unreachable, "no answer")});
  CHECK(on.inspector({"healing", "off", "restart-shard"}) != 0);
  CHECK(has(on.err, "n2"));
  CHECK(on.inspector({"healing", "off"}) == 2);
}
