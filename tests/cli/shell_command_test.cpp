#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

stage with_tree() {
  stage on;
  on.script.members = {{"n1", 1, "tcp://one", "b", "active"}};
  on.script.admin_answers.insert_or_assign(
      "tree", *parse_json(R"({"node":"n1","name":"n1","kind":"node","state":"up","restarts":0,
                              "children":[]})"));
  return on;
}

bool has(const std::ostringstream& in, const std::string& what) {
  UNSCOPED_INFO(in.str());
  return in.str().find(what) != std::string::npos;
}

} // namespace

TEST_CASE("A shell runs one command a line and ends with the code of the last") {
  auto on = with_tree();
  on.in.str("tree\n# a comment\n\nversion -o name\n");
  CHECK(on.inspector({"shell"}) == 0);
  CHECK(has(on.out, "n1"));
  CHECK(has(on.out, "0.1.0"));
  on.in.clear();
  on.in.str("version\nno-such-command\n");
  CHECK(on.inspector({"shell"}) == 2);
  on.in.clear();
  on.in.str("no-such-command\nversion\n");
  CHECK(on.inspector({"shell"}) == 0);
}

TEST_CASE("A shell has one connection for all its commands") {
  auto on = with_tree();
  on.in.str("tree\ntree\ntree\n");
  CHECK(on.inspector({"shell"}) == 0);
  CHECK(on.connections == 1);
}

TEST_CASE("Options of the shell count for its lines, unless they say otherwise") {
  auto on = with_tree();
  on.in.str("tree\n");
  CHECK(on.inspector({"shell", "-o", "json"}) == 0);
  CHECK(has(on.out, "\"kind\""));
  on.in.clear();
  on.in.str("version\ntree -o name\n");
  CHECK(on.inspector({"shell", "--timeout", "2s", "-o", "json"}) == 0);
  CHECK_FALSE(has(on.out, "\"kind\""));
}

TEST_CASE("A shell ends with exit and quit, and starts no second one") {
  auto on = with_tree();
  for (const char* word : {"exit", "quit"}) {
    on.in.clear();
    on.in.str(std::string{word} + "\nno-such-command\n");
    CHECK(on.inspector({"shell"}) == 0);
  }
  on.in.clear();
  on.in.str("shell\n");
  CHECK(on.inspector({"shell"}) == 2);
  CHECK(has(on.err, "this is a shell already"));
}

TEST_CASE("A line that cannot be read ends nothing but itself") {
  auto on = with_tree();
  on.in.str("tree 'unclosed\ntree\n");
  CHECK(on.inspector({"shell"}) == 0);
  CHECK(has(on.err, "is not closed"));
  CHECK(has(on.out, "n1"));
}
