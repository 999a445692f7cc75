#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

value a_page(const std::string& items, int next, int head, const std::string& more = {}) {
  auto parsed = parse_json(R"({"items":[)" + items + R"(],"next":)" + std::to_string(next) +
                           R"(,"head":)" + std::to_string(head) + more + "}");
  REQUIRE(parsed);
  return *parsed;
}

std::string turn(int seq, std::int64_t time_ms, const std::string& event = "Went") {
  return R"({"id":"taxi.call/4","seq":)" + std::to_string(seq) + R"(,"index":)" +
         std::to_string(seq) + R"(,"time_ms":)" + std::to_string(time_ms) +
         R"(,"outcome":"accepted","command":"go","events":[{"name":")" + event +
         R"(","payload":{"n":1}}],"rejection":null})";
}

struct two_shards : stage {
  two_shards() { script.served = {{"taxi.call", 2}, {"taxi.callList", 1, true}}; }
  void answers(std::vector<result<value>> turns) {
    script.admin_turns["journal"] = {turns.begin(), turns.end()};
  }
};

} // namespace

TEST_CASE("journal tail merges the newest turns of all shards by time") {
  two_shards on;
  on.answers({a_page("", 10, 3), a_page(turn(2, 1'000) + "," + turn(3, 3'000), 4, 3),
              a_page("", 10, 2), a_page(turn(1, 500) + "," + turn(2, 2'000), 3, 2)});
  REQUIRE(on.inspector({"journal", "tail", "--limit", "3"}) == 0);
  CHECK(on.out.str() ==
        "TIME                      TURN           OUTCOME   COMMAND  EVENTS\n"
        "1970-01-01T00:00:01.000Z  taxi.call/4#2  accepted  go       Went {\"n\":1}\n"
        "1970-01-01T00:00:02.000Z  taxi.call/4#2  accepted  go       Went {\"n\":1}\n"
        "1970-01-01T00:00:03.000Z  taxi.call/4#3  accepted  go       Went {\"n\":1}\n");
  CHECK(*on.script.arguments.find("shard") == value{1});
  CHECK(*on.script.arguments.find("from") == value{1}); // head - limit + 1, at least the first
}

TEST_CASE("journal tail follows what comes, until the user has enough") {
  two_shards on;
  on.waits_before_stop = 1;
  on.answers({a_page("", 10, 3), a_page("", 10, 0), a_page("", 4, 3), a_page("", 1, 0),
              a_page(turn(4, 1'000), 5, 4), a_page("", 1, 0)});
  REQUIRE(on.inspector({"journal", "tail", "-f", "--limit", "0", "-o", "jsonl"}) == 0);
  REQUIRE(on.lines_printed() == 1);
  CHECK(*parse_json(on.out.str())->find("seq") == value{4});
}

TEST_CASE("a follower asks a shard again that did not answer, and tells it once") {
  two_shards on;
  on.waits_before_stop = 3;
  const auto gone = fail(errc::context_down, "gone");
  on.answers({a_page("", 10, 3), a_page("", 10, 0), gone, a_page("", 1, 0), gone, a_page("", 1, 0),
              a_page(turn(4, 1'000), 5, 4), a_page("", 1, 0), a_page("", 5, 4), a_page("", 1, 0)});
  REQUIRE(on.inspector({"journal", "tail", "-f", "--limit", "0", "-o", "jsonl"}) == 0);
  CHECK(on.lines_printed() == 1);
  CHECK(on.err.str() == "note: taxi.call shard 0 did not answer: gone\n"
                        "note: taxi.call shard 0 answers again\n");
}

TEST_CASE("a follower whom nobody answers gives up after half a minute") {
  two_shards on;
  on.waits_before_stop = 1'000;
  on.answers({a_page("", 10, 3), a_page("", 10, 0)});
  on.script.admin_answers.insert_or_assign("journal", fail(errc::context_down, "gone"));
  CHECK(on.inspector({"journal", "tail", "-f", "--limit", "0"}) == 8);
}

TEST_CASE("journal grep stops at its limit, and at the heads") {
  two_shards on;
  on.answers({a_page(turn(1, 1), 2, 9), a_page(turn(5, 2) + "," + turn(6, 3), 10, 9)});
  REQUIRE(on.inspector({"journal", "grep", "went", "--limit", "2", "-o", "json"}) == 0);
  CHECK(*on.script.arguments.find("grep") == value{"went"});
  const auto said = parse_json(on.out.str());
  CHECK(said->find("items")->get_if<value::array>()->size() == 2);
  CHECK(*said->find("cut") == value{true});
  CHECK(on.err.str().find("--limit finds more") != std::string::npos);

  on.answers({a_page("", 10, 9), a_page("", 3, 2)});
  REQUIRE(on.inspector({"journal", "grep", "nothing"}) == 0);
  CHECK(on.out.str().find("no turn mentions that") != std::string::npos);
}

TEST_CASE("journal stats adds up pages and shards") {
  two_shards on;
  const auto counted = [](int records, int bytes) {
    return R"(,"bytes":4096,"counts":{"records":)" + std::to_string(records) + R"(,"bytes":)" +
           std::to_string(bytes) +
           R"(,"rejected":1,"asked":0,"first_ms":1000,"last_ms":2000,"turns":{"go":2},)"
           R"("events":{"Went":1}})";
  };
  on.answers({a_page("", 3, 4, counted(2, 100)), a_page("", 5, 4, counted(2, 100)),
              a_page("", 2, 1, counted(1, 50))});
  REQUIRE(on.inspector({"journal", "stats"}) == 0);
  CHECK(on.out.str() ==
        "CONTEXT    SHARD  RECORDS  BYTES  PER RECORD  REJECTED  ASKED  FIRST                     "
        "LAST\n"
        "taxi.call      0        4   4096          50         2      0  1970-01-01T00:00:01.000Z  "
        "1970-01-01T00:00:02.000Z\n"
        "taxi.call      1        1   4096          50         1      0  1970-01-01T00:00:01.000Z  "
        "1970-01-01T00:00:02.000Z\n"
        "\n"
        "TURNS BY COMMAND  NUMBER\n"
        "go                     6\n"
        "\n"
        "EVENTS  NUMBER\n"
        "Went         3\n");
}

TEST_CASE("a shard that does not answer is told of and left out") {
  two_shards on;
  on.answers({fail(errc::context_down, "gone"), a_page("", 10, 1), a_page(turn(1, 5), 2, 1)});
  CHECK(on.inspector({"journal", "tail", "-o", "json"}) == 10);
  CHECK(on.err.str().find("note: taxi.call shard 0 did not answer: gone") != std::string::npos);
  CHECK(parse_json(on.out.str())->find("silent")->get_if<value::array>()->size() == 1);
  on.answers({fail(errc::context_down, "gone"), fail(errc::context_down, "gone")});
  CHECK(on.inspector({"journal", "tail"}) == 8);
}

TEST_CASE("arguments of the journal commands are checked before anybody is asked") {
  two_shards on;
  on.reachable = false;
  CHECK(on.inspector({"journal", "tail", "--limit", "1001"}) == 2);
  CHECK(on.inspector({"journal", "grep", ""}) == 2);
  CHECK(on.inspector({"journal", "grep", "x", "--limit", "0"}) == 2);
  CHECK(on.inspector({"journal", "stats", "--context", "taxi.cal"}) == 5);
  CHECK(on.inspector({"journal", "stats", "--context", "taxi.callList"}) == 2);
  CHECK(on.inspector({"why", "taxi.call/1", "0"}) == 2);
  CHECK(on.inspector({"why", "taxi.call"}) == 2);
  CHECK(on.inspector({"why", "taxi.call/1"}) == 3);
}
