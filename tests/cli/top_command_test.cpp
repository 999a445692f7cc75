#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

value json(std::string_view text) {
  return parse_json(text).value();
}

constexpr std::string_view of_one = R"({"by":"rate","residents":3,"window_ms":5000,"took_us":120,
  "items":[{"id":"taxi.call/4","state":"live","mailbox":0,"head_age_ms":null,"rate":12.5,
  "p99_us":24,"p99_of":"actor","restarts":0,"memory_bytes":2048,"growth":0},
  {"id":"taxi.call/8","state":"asking","mailbox":7,"head_age_ms":1500,"rate":0.4,"p99_us":32,
  "p99_of":"shard","restarts":1,"memory_bytes":96,"growth":3}]})";
constexpr std::string_view of_two = R"({"by":"rate","residents":1,"window_ms":5200,"took_us":80,
  "items":[{"id":"edu.app/1","state":"live","mailbox":0,"head_age_ms":null,"rate":3.0,
  "p99_us":null,"p99_of":null,"restarts":0,"memory_bytes":100,"growth":0}]})";
constexpr std::string_view unmeasured = R"({"by":"rate","residents":1,"window_ms":0,"took_us":80,
  "items":[{"id":"edu.app/1","state":"live","mailbox":0,"rate":null,"p99_us":null,
  "restarts":0,"memory_bytes":100,"growth":null}]})";

struct two_nodes : stage {
  two_nodes() {
    waits_before_stop = 1'000;
    script.members = {{"n1", 1, "tcp://one", "b", "active"}, {"n2", 1, "tcp://two", "b", "active"}};
    script.nodes_answers.insert_or_assign({"tcp://one", "top"}, json(of_one));
    script.nodes_answers.insert_or_assign({"tcp://two", "top"}, json(of_two));
  }
};

} // namespace

TEST_CASE("top merges what all nodes say, in the order that is wanted") {
  two_nodes on;
  REQUIRE(on.inspector({"top", "--by", "rate"}) == 0);
  CHECK(on.out.str() ==
        "ACTOR        NODE  STATE   MAILBOX  OLDEST  RATE/S  P99     RESTARTS  MEMORY   GROWTH\n"
        "taxi.call/4  n1    live          0  -         12.5  24 us          0  2.0 KiB       0\n"
        "edu.app/1    n2    live          0  -          3.0  -              0  100 B         0\n"
        "taxi.call/8  n1    asking        7  1.5 s      0.4  ~32 us         1  96 B          3\n");
  CHECK(on.err.str().empty());
  REQUIRE(on.inspector({"top", "--by", "rate", "-n", "1", "-o", "json"}) == 0);
  const auto shown = json(on.out.str());
  CHECK(*shown.find("kind") == value{"TopList"});
  CHECK(*shown.find("residents") == value{4});
  CHECK(*shown.find("window_ms") == value{5'200});
  CHECK(*shown.find("took_us") == value{200});
  REQUIRE(shown.find("items")->get_if<value::array>()->size() == 1);
  CHECK(*shown.find("items")->get_if<value::array>()->front().find("node") == value{"n1"});
  REQUIRE(on.inspector({"top", "-o", "name"}) == 0);
  CHECK(on.out.str() == "taxi.call/8\ntaxi.call/4\nedu.app/1\n"); // by what waits, then by rate
}

TEST_CASE("top says which node did not answer") {
  two_nodes on;
  on.script.nodes_answers.insert_or_assign({"tcp://two", "top"}, fail(errc::unreachable, "gone"));
  CHECK(on.inspector({"top", "-o", "json"}) == 10);
  CHECK(on.err.str().find("note: node n2 did not answer: gone") != std::string::npos);
  CHECK(*json(on.out.str()).find("silent") == value{value::array{value{"n2"}}});
}

TEST_CASE("top measures for its window when nobody has looked before") {
  stage on;
  on.waits_before_stop = 1'000;
  on.script.members = {{"n1", 1, "tcp://one", "b", "active"}};
  on.script.admin_turns["top"] = {json(unmeasured), json(of_one)};
  const auto before = on.time.monotonic();
  REQUIRE(on.inspector({"top", "--window", "3s"}) == 0);
  CHECK(on.time.monotonic() - before == std::chrono::seconds{3});
  CHECK(on.err.str() == "measuring for 3.0 s\n");
  CHECK(on.out.str().find("12.5") != std::string::npos);
  CHECK(*on.script.arguments.find("window_ms") == value{3'000});
}

TEST_CASE("top -w shows what it has at once, again and again") {
  two_nodes on;
  on.waits_before_stop = 2;
  REQUIRE(on.inspector({"top", "-w", "--interval", "1s"}) == 0);
  CHECK(on.lines_printed() == 9); // three lists of three, a line each: it is no terminal
  on.terminal = true;
  REQUIRE(on.inspector({"top", "-w"}) == 0);
  CHECK(on.out.str().starts_with("\x1b[H\x1b[2J"));
}

TEST_CASE("top refuses what makes no sense") {
  two_nodes on;
  CHECK(on.inspector({"top", "--by", "colour"}) == 2);
  CHECK(on.inspector({"top", "--limit", "0"}) == 2);
  CHECK(on.inspector({"top", "--window", "1ms"}) == 2);
  CHECK(on.inspector({"top", "--window", "soon"}) == 2);
  CHECK(on.inspector({"top", "-w", "--interval", "1ms"}) == 2);
  CHECK(on.inspector({"top", "--context", "taxi.cal"}) == 5);
  CHECK(on.err.str().find("taxi.call") != std::string::npos);
}
