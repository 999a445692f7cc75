#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

value json(std::string_view text) {
  return parse_json(text).value();
}

struct two_nodes : stage {
  two_nodes() {
    script.members = {{"n1", 1, "tcp://one", "b", "active"}, {"n2", 1, "tcp://two", "b", "active"}};
    script.nodes_answers.insert_or_assign({"tcp://one", "shards"}, json(R"({"items":[
      {"context":"taxi.call","shard":1,"state":"up","epoch":4,"lane":0,"residents":9,"heads":12,
       "mailbox":0,"records":40,"journal_bytes":8192,"derived_bytes":4096,"commit_p99_us":1536}]}
      )"));
    script.nodes_answers.insert_or_assign({"tcp://two", "shards"}, json(R"({"node":"n2","items":[
      {"context":"taxi.call","shard":0,"state":"recovering","epoch":2,"lane":1,"records":7}]})"));
    script.nodes_answers.insert_or_assign({"tcp://one", "policies"}, json(R"({"items":[
      {"context":"taxi.driver","shard":0,"policies":["assign"],"source":"taxi.call",
       "source_shard":0,"state":"following","next":8,"head":7,"lag":0,"lag_ms":0,"in_flight":0,
       "stuck":null}]})"));
    script.nodes_answers.insert_or_assign({"tcp://two", "policies"}, json(R"({"items":[
      {"context":"taxi.driver","shard":1,"policies":["assign","free"],"source":"taxi.call",
       "source_shard":1,"state":"stopped","next":8,"head":12,"lag":5,"lag_ms":61000,
       "in_flight":1,"stuck":"Called, record 8"}]})"));
  }
};

} // namespace

TEST_CASE("shard ls lists the shards of all nodes") {
  two_nodes on;
  REQUIRE(on.inspector({"shard", "ls"}) == 0);
  CHECK(on.out.str() ==
        "SHARD        NODE  STATE       EPOCH  LANE  RESIDENT  KNOWN  MAILBOX  RECORDS  JOURNAL B"
        "  DERIVED B  COMMIT P99 US\n"
        "taxi.call/0  n2    recovering      2     1         -      -        -        7          -"
        "          -              -\n"
        "taxi.call/1  n1    up              4     0         9     12        0       40       8192"
        "       4096           1536\n");
  REQUIRE(on.inspector({"shard", "ls", "-o", "name"}) == 0);
  CHECK(on.out.str() == "taxi.call/0\ntaxi.call/1\n");
  REQUIRE(on.inspector({"shard", "show", "taxi.call/1", "-o", "json"}) == 0);
  const auto shown = json(on.out.str());
  CHECK(*shown.find("kind") == value{"Shard"});
  CHECK(on.inspector({"shard", "show", "taxi.call/7"}) == 5);
  CHECK(on.inspector({"shard", "show", "taxi.call"}) == 2);
  CHECK(on.inspector({"shard", "ls", "--context", "taxi.cal"}) == 5);
}

TEST_CASE("shard move says where from and where to") {
  stage on;
  on.script.admin_answers.insert_or_assign(
      "shard-move",
      json(R"({"context":"taxi.call","shard":1,"from":"n1","to":"n2","state":"moving"})"));
  REQUIRE(on.inspector({"shard", "move", "taxi.call/1", "n2"}) == 0);
  CHECK(on.out.str() == "SHARD        FROM  TO  STATE\n"
                        "taxi.call/1  n1    n2  moving\n");
  CHECK(on.err.str().find("it stays there until n2 leaves") != std::string::npos);
  CHECK(on.script.arguments == json(R"({"context":"taxi.call","shard":1,"to":"n2"})"));
  error there{errc::rejected, "ALREADY_THERE", "taxi.call/1 is at n2 already"};
  on.script.admin_answers.insert_or_assign("shard-move", there);
  CHECK(on.inspector({"shard", "move", "taxi.call/1", "n2"}) == 7);
  CHECK(on.err.str().find("ALREADY_THERE") != std::string::npos);
  CHECK(on.inspector({"shard", "move", "taxi.call/1"}) == 2);
}

TEST_CASE("policy ls shows who is behind first") {
  two_nodes on;
  REQUIRE(on.inspector({"policy", "ls"}) == 0);
  CHECK(on.out.str() ==
        "CONTEXT        NODE  POLICIES      SOURCE       STATE      NEXT  LAG  OLDEST   IN FLIGHT"
        "  STUCK\n"
        "taxi.driver/1  n2    assign, free  taxi.call/1  stopped       8    5  1 m 1 s          1"
        "  Called, record 8\n"
        "taxi.driver/0  n1    assign        taxi.call/0  following     8    0  0 ms             0"
        "  -\n");
  REQUIRE(on.inspector({"policy", "ls", "--lagging", "-o", "name"}) == 0);
  CHECK(on.out.str() == "taxi.driver/1<taxi.call/1\n");
}
