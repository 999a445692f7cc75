#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

#include <fstream>

using namespace troupe;
using namespace troupe::cli;

namespace {

constexpr auto id = "018bcfe5-6800-7abc-8123-456789abcdef";

value read(std::string_view json) {
  auto parsed = parse_json(json);
  REQUIRE(parsed);
  return *parsed;
}

void answer(stage& on, const char* verb, std::string_view json) {
  on.script.admin_answers.insert_or_assign(verb, read(json));
}

const std::string row = std::string{R"({"id":")"} + id +
                        R"(","context":"taxi.driver","aggregate":"taxi.driver/1","shard":0,
  "command":"changeStatus","made_by":"client","state":"new","how":"process","attempts":3,
  "cause":"the process ended by signal 11","stack_hash":"00000000000000ff",
  "time_ms":1700000000123)";

} // namespace

TEST_CASE("deadletter ls shows what was set aside") {
  stage on;
  answer(on, "deadletters", R"({"items":[)" + row + R"(}],"total":1})");
  REQUIRE(on.inspector({"deadletter", "ls", "--context", "taxi.driver"}) == 0);
  CHECK(*on.script.arguments.find("context") == value{"taxi.driver"});
  CHECK(*on.script.arguments.find("limit") == value{100});
  const auto text = on.out.str();
  CHECK(text.find(id) != std::string::npos);
  CHECK(text.find("taxi.driver/1") != std::string::npos);
  CHECK(text.find("the process ended by signal 11") != std::string::npos);
  CHECK(on.inspector({"deadletter", "ls", "--limit", "0"}) == 2);
  CHECK(on.inspector({"deadletter", "ls", "--context", "taxi.drive"}) == 5);
}

TEST_CASE("deadletter show, retry and drop go by the command's id") {
  stage on;
  answer(on, "deadletter", row + R"(,"payload":{"status":"deadly"},"signal":11})");
  REQUIRE(on.inspector({"deadletter", "show", id}) == 0);
  CHECK(*on.script.arguments.find("id") == value{id});
  CHECK(on.out.str().find(R"({"status":"deadly"})") != std::string::npos);
  answer(on, "deadletter-retry",
         std::string{R"({"id":")"} + id + R"(","outcome":"accepted","message":null})");
  REQUIRE(on.inspector({"deadletter", "retry", id}) == 0);
  CHECK(on.out.str().find("accepted") != std::string::npos);
  answer(on, "deadletter-drop", row + "}");
  REQUIRE(on.inspector({"deadletter", "drop", id, "--context", "taxi.driver"}) == 0);
  CHECK(*on.script.arguments.find("context") == value{"taxi.driver"});
  on.script.admin_answers.insert_or_assign("deadletter-drop", fail(errc::not_found, "no such"));
  CHECK(on.inspector({"deadletter", "drop", id}) == 5);
  CHECK(on.inspector({"deadletter", "drop"}) == 2);
}

TEST_CASE("deadletter export writes every letter with its envelope, a line each") {
  stage on;
  answer(on, "deadletters", R"({"items":[)" + row + "}," + row + R"(}],"total":2})");
  answer(on, "deadletter", row + R"(,"payload":{"status":"deadly"}})");
  REQUIRE(on.inspector({"deadletter", "export"}) == 0);
  std::istringstream lines{on.out.str()};
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    CHECK(*read(line).find("payload") == read(R"({"status":"deadly"})"));
    ++count;
  }
  CHECK(count == 2);
  const test::temp_folder folder;
  const auto path = (folder.path() / "letters.jsonl").string();
  REQUIRE(on.inspector({"deadletter", "export", "--file", path}) == 0);
  std::ifstream file{path};
  count = 0;
  while (std::getline(file, line))
    ++count;
  CHECK(count == 2);
  CHECK(on.inspector({"deadletter", "export", "--file", "/no/such/folder/letters"}) != 0);
}

TEST_CASE("actor quarantine, release and restart name one actor") {
  stage on;
  const auto* said = R"({"id":"taxi.call/1","state":"quarantined"})";
  answer(on, "quarantine", said);
  REQUIRE(on.inspector({"actor", "quarantine", "taxi.call/1", "--reason", "odd"}) == 0);
  CHECK(*on.script.arguments.find("id") == value{1});
  CHECK(*on.script.arguments.find("reason") == value{"odd"});
  CHECK(on.out.str().find("quarantined") != std::string::npos);
  answer(on, "release", R"({"id":"taxi.call/1","state":"live"})");
  CHECK(on.inspector({"actor", "release", "taxi.call/1"}) == 0);
  answer(on, "actor-restart", R"({"id":"taxi.call/1","state":"live"})");
  CHECK(on.inspector({"actor", "restart", "taxi.call/1"}) == 0);
  CHECK(on.inspector({"actor", "release", "taxi.call"}) == 2);
}
