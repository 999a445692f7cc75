#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

value json(std::string_view text) {
  return parse_json(text).value();
}

constexpr std::string_view open_breaker = R"({"items":[{"asking":"edu.app","target":"edu.payment",
  "owner":"n2","operation":"command","state":"open","mode":"auto","since_ms":1200,
  "retry_after_ms":3800,"calls":0,"failures":0,"slow":0,"failure_rate":null,"slow_rate":null,
  "timeout_ms":610,"in_flight":2,"in_flight_max":128,"refused_open":17,"refused_full":4,
  "transitions":[{"from":"closed","to":"open","ago_ms":1200,"calls":40,"failures":33,"slow":35,
  "open_ms":5000}]}],"wishes":[]})";
constexpr std::string_view nothing_asked = R"({"items":[],"wishes":[{"asking":"edu.app",
  "target":"edu.payment","owner":null,"operation":"query","mode":"open"}]})";

/// Two nodes: one with an open breaker, one on which an operator holds a direction.
struct two_nodes : stage {
  two_nodes() {
    script.members = {{"n1", 1, "tcp://one", "b", "active"}, {"n2", 1, "tcp://two", "b", "active"}};
    script.nodes_answers.insert_or_assign({"tcp://one", "breakers"}, json(open_breaker));
    script.nodes_answers.insert_or_assign({"tcp://two", "breakers"}, json(nothing_asked));
  }
};

} // namespace

TEST_CASE("breaker ls shows the breakers of all nodes, and what operators hold") {
  two_nodes on;
  REQUIRE(on.inspector({"breaker", "ls"}) == 0);
  CHECK(on.out.str() ==
        "NODE  ASKING   TARGET       OWNER  OPERATION  STATE  SINCE  CALLS  FAILED  SLOW  RETRY  "
        "IN FLIGHT  REFUSED\n"
        "n1    edu.app  edu.payment  n2     command    open   1.2 s      0       0     0  3.8 s  "
        "        2     17+4\n");
  CHECK(on.err.str() == "held at n2: edu.app -> edu.payment by query is open\n");
  REQUIRE(on.inspector({"breaker", "ls", "--state", "closed"}) == 0);
  CHECK(on.out.str().find("edu.payment") == std::string::npos);
  REQUIRE(on.inspector({"breaker", "ls", "-o", "name"}) == 0);
  CHECK(on.out.str() == "n1/edu.app/edu.payment/n2/command\n");
  REQUIRE(on.inspector({"breaker", "ls", "-o", "json"}) == 0);
  const auto shown = json(on.out.str());
  CHECK(*shown.find("kind") == value{"BreakerList"});
  CHECK(shown.find("items")->get_if<value::array>()->size() == 1);
  CHECK(shown.find("wishes")->get_if<value::array>()->size() == 1);
}

TEST_CASE("breaker show tells the last changes of state") {
  two_nodes on;
  REQUIRE(on.inspector({"breaker", "show", "edu.app", "edu.payment"}) == 0);
  CHECK(on.out.str().find(
            "n1    n2     command    1.2 s  closed  open     40      33    35  5.0 s") !=
        std::string::npos);
  CHECK(on.inspector({"breaker", "show", "edu.app"}) == 2);
  CHECK(on.inspector({"breaker", "show", "edu.app", "edu.paymnt"}) == 5);
  CHECK(on.err.str().find("edu.payment") != std::string::npos); // what was meant
}

TEST_CASE("a word to breakers goes to every node with what it is for") {
  stage on;
  on.script.members = {{"n1", 1, "tcp://one", "b", "active"}};
  on.script.admin_answers.insert_or_assign(
      "breaker-mode", json(R"({"asking":"edu.app","target":"edu.payment","owner":"n2",
                               "operation":null,"mode":"open","directions":1})"));
  REQUIRE(on.inspector({"breaker", "open", "edu.app", "edu.payment", "--owner", "n2"}) == 0);
  CHECK(on.script.arguments == json(R"({"asking":"edu.app","target":"edu.payment","mode":"open",
                                        "owner":"n2"})"));
  CHECK(on.out.str().find("n1    edu.app  edu.payment  n2     -          open         1") !=
        std::string::npos);
  for (const auto& [word, mode] : {std::pair{"close", "closed"}, std::pair{"disable", "disabled"},
                                   std::pair{"reset", "reset"}}) {
    REQUIRE(on.inspector({"breaker", word, "edu.app", "edu.payment", "--operation", "query"}) == 0);
    CHECK(*on.script.arguments.find("mode") == value{mode});
    CHECK(*on.script.arguments.find("operation") == value{"query"});
  }
  CHECK(on.inspector({"breaker", "open", "edu.app", "edu.payment", "--operation", "dream"}) == 2);
  CHECK(on.inspector({"breaker", "open", "edu.app"}) == 2);
}

TEST_CASE("a word that some nodes did not take is partly done, and none of them a failure") {
  two_nodes on;
  on.script.nodes_answers.insert_or_assign(
      {"tcp://one", "breaker-mode"},
      json(R"({"asking":"edu.app","target":"edu.payment","owner":null,"operation":null,
               "mode":"reset","directions":2})"));
  on.script.nodes_answers.insert_or_assign({"tcp://two", "breaker-mode"},
                                           result<value>{fail(errc::unreachable, "gone")});
  CHECK(on.inspector({"breaker", "reset", "edu.app", "edu.payment"}) == 10);
  CHECK(on.err.str().find("n2 did not answer") != std::string::npos);

  stage none;
  none.script.members = {{"n1", 1, "tcp://one", "b", "active"}};
  none.script.admin_answers.insert_or_assign(
      "breaker-mode", result<value>{fail(errc::not_found, "edu.payment never asks 'edu.app'")});
  CHECK(none.inspector({"breaker", "open", "edu.payment", "edu.app"}) == 5);
  CHECK(none.err.str().find("error: cannot change the breakers from edu.payment to edu.app\n"
                            "  why: edu.payment never asks 'edu.app' (NOT_FOUND)\n"
                            "  try: ") == 0);
}
