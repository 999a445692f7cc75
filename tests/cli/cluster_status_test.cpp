#include "bin/cli/cluster_status.hpp"

#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

value parsed(const char* text) {
  auto said = parse_json(text);
  REQUIRE(said);
  return std::move(*said);
}

cluster_evidence evidence() {
  cluster_evidence out;
  out.launcher = parsed(R"({"pid": 5, "data": "/d", "ready": true, "uptime_ms": 9,
    "nodes": [
      {"name": "n1", "state": "up", "pid": 11, "address": "tcp://a", "restarts": 2,
       "state_ms": 61000, "why": "", "as_planned": true},
      {"name": "n2", "state": "up", "pid": 12, "address": "tcp://b", "restarts": 0,
       "state_ms": 5, "why": "", "as_planned": false},
      {"name": "n10", "state": "crash-loop", "pid": null, "address": "", "restarts": 5,
       "state_ms": 5, "why": "ended with exit code 4", "as_planned": true}],
    "gateway": {"name": "gateway", "state": "up", "pid": 13, "address": "http://h:1",
      "restarts": 0, "state_ms": 4, "why": ""},
    "operations": [{"number": 1, "title": "scale to 2", "state": "done"},
                   {"number": 2, "title": "drain n2", "state": "running"}]})");
  cluster_view view;
  view.members = {{{"n1", 1}, "tcp://a", "", "b1", member_state::active, {}},
                  {{"n2", 3}, "tcp://b", "", "b1", member_state::leaving, {}},
                  {{"n4", 1}, "tcp://d", "", "b1", member_state::dead, {}}};
  view.contexts = {{.name = "taxi.call", .shards = 3, .stopped = false, .delay = "500ms"},
                   {.name = "taxi.driver", .shards = 1, .stopped = true}};
  for (std::uint32_t i = 0; i < 3; ++i) {
    shard_row row;
    row.which = {"taxi.call", shard_number{i}};
    row.owner = i == 0 ? member_key{"n2", 3} : member_key{"n1", 1};
    if (i == 0) row.target = {"n1", 1};
    view.shards.push_back(row);
  }
  out.store = view;
  hello_reply hello;
  hello.node = "n1";
  hello.build = "b2";
  hello.contexts = {{.name = "taxi.call", .shards = 3},
                    {.name = "taxi.list", .shards = 1, .view = true, .waiting = "it is rebuilt"}};
  out.hellos["n1"] = hello;
  return out;
}

const value& item(const value::array& from, std::size_t at, const char* member) {
  REQUIRE(from.size() > at);
  const value* held = from[at].find(member);
  REQUIRE(held != nullptr);
  return *held;
}

} // namespace

TEST_CASE("Launcher, lease store and hellos make one picture; who was silent is named") {
  const auto picture = picture_of(evidence());
  REQUIRE(picture.nodes.size() == 3);
  CHECK(item(picture.nodes, 0, "node") == value{"n1"});
  CHECK(item(picture.nodes, 0, "shards") == value{2});
  CHECK(item(picture.nodes, 0, "moving") == value{1});
  CHECK(item(picture.nodes, 0, "build") == value{"b2"});
  CHECK(item(picture.nodes, 1, "node") == value{"n2"});
  CHECK(item(picture.nodes, 1, "member") == value{"leaving"});
  CHECK(item(picture.nodes, 1, "note") ==
        value{"did not answer; other settings than the launcher's"});
  CHECK(item(picture.nodes, 2, "node") == value{"n10"});
  CHECK(item(picture.nodes, 2, "state") == value{"crash-loop"});
  CHECK(item(picture.nodes, 2, "note") == value{"ended with exit code 4"});
  CHECK(item(picture.nodes, 2, "shards").is_null());
  CHECK(picture.silent == std::vector<std::string>{"n2"});
  REQUIRE(picture.launcher);
  CHECK(*picture.launcher->find("operation") == value{"drain n2"});
}

TEST_CASE("Contexts are shown with their owners, whoever knows of them") {
  const auto contexts = picture_of(evidence()).contexts;
  REQUIRE(contexts.size() == 3);
  CHECK(item(contexts, 0, "owners") == value{"n1:2 n2:1"});
  CHECK(item(contexts, 0, "note") == value{"delay 500ms"});
  CHECK(item(contexts, 1, "state") == value{"stopped"});
  CHECK(item(contexts, 2, "kind") == value{"view"});
  CHECK(item(contexts, 2, "note") == value{"n1: it is rebuilt"});
}

TEST_CASE("Without a launcher the lease store and the nodes still tell") {
  auto from = evidence();
  from.launcher.reset();
  CHECK(endpoints_of(from) ==
        std::map<std::string, std::string>{{"n1", "tcp://a"}, {"n2", "tcp://b"}});
  const auto picture = picture_of(from);
  REQUIRE(picture.nodes.size() == 2);
  CHECK(item(picture.nodes, 0, "state") == value{"up"});
  CHECK(item(picture.nodes, 1, "state") == value{"silent"});
  CHECK(picture.silent == std::vector<std::string>{"n2"});
  std::ostringstream out;
  print(out, {}, picture);
  CHECK(out.str().find("no launcher keeps these nodes alive") != std::string::npos);
}

TEST_CASE("Nothing known at all is a picture too") {
  const auto picture = picture_of({});
  CHECK(picture.nodes.empty());
  std::ostringstream out;
  print(out, {}, picture);
  CHECK(out.str().find("no launcher; `troupe up` starts one") != std::string::npos);
}

TEST_CASE("A launcher that is there and does not answer is not taken for none") {
  auto from = evidence();
  from.launcher.reset();
  from.launcher_silent = true;
  std::ostringstream out;
  print(out, {}, picture_of(from));
  CHECK(out.str().find("the launcher did not answer") != std::string::npos);
}

TEST_CASE("As data it is one envelope with nodes, contexts, gateway and launcher") {
  std::ostringstream out;
  settings how;
  how.format = output_format::json;
  print(out, how, picture_of(evidence()));
  const value said = parsed(out.str().c_str());
  CHECK(*said.find("kind") == value{"ClusterStatus"});
  CHECK(said.find("items")->get_if<value::array>()->size() == 3);
  CHECK(said.find("contexts")->get_if<value::array>()->size() == 3);
  CHECK(*said.find("gateway")->find("pid") == value{13});
  CHECK(*said.find("launcher")->find("pid") == value{5});
}

TEST_CASE("status asks the node that is named, else the data directory, if there is a cluster") {
  stage on;
  value node;
  node["node"] = "n1";
  node["state"] = "up";
  on.script.admin_answers.emplace("status", node);
  CHECK(on.troupe({"status", "--endpoint", "tcp://127.0.0.1:1"}) == 0);
  CHECK(on.out.str().find("state:") != std::string::npos);
  const test::temp_folder scratch;
  CHECK(on.troupe({"status", "--data", scratch.path().string()}) == 3);
  CHECK(on.err.str().find("there is no launcher on") != std::string::npos);
  REQUIRE(open_sqlite_lease_store(scratch.path()));
  CHECK(on.troupe({"status", "--data", scratch.path().string()}) == 0);
}
