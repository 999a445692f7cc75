#include "messages/json.hpp"
#include "persistence/audit_journal.hpp"
#include "tests/cli/fake_cluster.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

constexpr const char* empty_page = R"({"node":"n","items":[],"next":0,"head":0})";

std::string said_of(const char* verb, int position, const char* result = "done") {
  const auto at = std::to_string(position);
  return R"({"node":"n","items":[{"position":)" + at + R"(,"time_ms":17000000000)" + at +
         R"(0,"who":"cli","from":"uid 1000 pid 7","role":"operate","verb":")" + verb +
         R"(","arguments":{"context":"taxi.call"},"result":)" +
         (result == nullptr ? std::string{"null"} : '"' + std::string{result} + '"') +
         R"(}],"next":)" + at + R"(,"head":)" + at + "}";
}

stage two_nodes(const std::string& first, const std::string& second) {
  stage on;
  for (const auto& [name, endpoint, said] :
       {std::tuple{"n1", "tcp://one", first}, {"n2", "tcp://two", second}}) {
    map_member each;
    each.node = name;
    each.endpoint = endpoint;
    on.script.members.push_back(each);
    on.script.nodes_answers.insert_or_assign({endpoint, "audit"}, *parse_json(said));
  }
  return on;
}

bool has(const std::ostringstream& in, const std::string& what) {
  UNSCOPED_INFO(in.str());
  return in.str().find(what) != std::string::npos;
}

} // namespace

TEST_CASE("audit shows who did what on all nodes, oldest first") {
  auto on = two_nodes(said_of("leave", 5), said_of("context-stop", 3, nullptr));
  REQUIRE(on.inspector({"audit"}) == 0);
  CHECK(has(on.out, "TIME"));
  CHECK(has(on.out, "uid 1000 pid 7"));
  CHECK(has(on.out, "context=taxi.call"));
  CHECK(has(on.out, "no answer"));
  CHECK(on.out.str().find("context-stop") < on.out.str().find("leave"));
  REQUIRE(on.inspector({"audit", "-o", "name"}) == 0);
  CHECK(has(on.out, "n2#3\nn1#5\n"));
  REQUIRE(on.inspector({"audit", "--limit", "1", "-o", "jsonl"}) == 0);
  CHECK(*parse_json(on.out.str())->find("verb") == value{"leave"});
}

TEST_CASE("audit shows one verb or one caller only") {
  auto on = two_nodes(said_of("leave", 5), said_of("context-stop", 3));
  REQUIRE(on.inspector({"audit", "--verb", "leave", "-o", "name"}) == 0);
  CHECK(on.out.str() == "n1#5\n");
  REQUIRE(on.inspector({"audit", "--who", "nobody"}) == 0);
  CHECK(has(on.out, "nobody did anything"));
  CHECK(on.inspector({"audit", "--limit", "0"}) == 2);
}

TEST_CASE("audit says which node did not answer, and fails if none did") {
  auto on = two_nodes(said_of("leave", 5), empty_page);
  on.script.nodes_answers.insert_or_assign({"tcp://two", "audit"},
                                           result<value>{fail(errc::unreachable, "no answer")});
  CHECK(on.inspector({"audit"}) == static_cast<int>(exit_code::partly_done));
  CHECK(has(on.err, "n2"));
  on.script.nodes_answers.insert_or_assign({"tcp://one", "audit"},
                                           result<value>{fail(errc::unreachable, "no answer")});
  CHECK(on.inspector({"audit"}) != 0);
}

TEST_CASE("audit reads a data directory whose nodes are gone") {
  const test::temp_folder folder;
  stage on;
  CHECK(on.inspector({"audit", "--data", folder.path().string()}) != 0);
  CHECK(has(on.err, "no audit journal"));
  for (const auto* node : {"n1", "n2"}) {
    auto journal = open_audit_journal(audit_file(folder.path(), node)).value();
    std::vector<audit_entry> made{
        {0, 1'700'000'000'000, "cli", "", "operate", "leave", R"({"context":"taxi.call"})", ""}};
    REQUIRE(journal->begin(made).ok());
    const audit_end how{1, "done"};
    REQUIRE(journal->end({&how, 1}).ok());
  }
  REQUIRE(on.inspector({"audit", "--data", folder.path().string()}) == 0);
  CHECK(has(on.out, "n1"));
  CHECK(has(on.out, "n2"));
  CHECK(has(on.out, "context=taxi.call"));
  CHECK(on.inspector({"audit", "--data", folder.path().string(), "--follow"}) == 2);
}
