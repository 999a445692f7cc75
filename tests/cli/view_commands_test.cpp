#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

const std::string board = "taxi.callList";

value source(const char* context, int shard, int next, int head, const char* state = "up") {
  return value{value::object{
      {"context", context}, {"shard", shard}, {"state", state}, {"next", next}, {"head", head}}};
}

value rebuild(const char* state, int folded, int to_fold) {
  return value{
      value::object{{"number", 4}, {"state", state}, {"folded", folded}, {"to_fold", to_fold}}};
}

value view(value rebuilding) {
  return value{value::object{
      {"context", board},
      {"store", "sqlite"},
      {"state", "up"},
      {"rows", 12},
      {"lag", 3},
      {"sources", value::array{source("taxi.call", 0, 8, 9), source("taxi.call", 1, 4, 4),
                               source("taxi.driver", 0, 6, 7, "down")}},
      {"rebuild", std::move(rebuilding)}}};
}

value items(value item) {
  return value{value::object{{"items", value::array{std::move(item)}}}};
}

stage rebuilt() {
  stage on;
  on.waits_before_stop = 10;
  on.script.admin_answers.insert_or_assign(
      "view-rebuild",
      value{value::object{{"context", board}, {"state", "rebuilding"}, {"rebuild", 4}}});
  return on;
}

bool has(const std::ostringstream& in, const std::string& what) {
  UNSCOPED_INFO(in.str());
  return in.str().find(what) != std::string::npos;
}

} // namespace

TEST_CASE("view ls shows rows, lag, and where each source stands") {
  stage on;
  on.script.admin_answers.insert_or_assign("view-status", items(view({})));
  REQUIRE(on.troupe({"view", "ls"}) == 0);
  CHECK(on.script.arguments.find("context") == nullptr);
  for (const char* each :
       {"taxi.callList", "sqlite", "12", "taxi.call 10/13", "taxi.driver 5 (down)"})
    CHECK(has(on.out, each));
  REQUIRE(on.troupe({"view", "ls", "-o", "json"}) == 0);
  const auto data = parse_json(on.out.str());
  REQUIRE(data);
  CHECK(*data->find("kind") == value{"ViewList"});
  CHECK(on.troupe({"view", "ls", "-o", "name"}) == 0);
  CHECK(on.out.str() == board + "\n");
  // A view that does not run says nothing of rows and sources.
  on.script.admin_answers.insert_or_assign(
      "view-status", items(value{value::object{{"context", board}, {"state", "stopped"}}}));
  REQUIRE(on.troupe({"view", "ls"}) == 0);
  CHECK(has(on.out, "stopped"));
  on.reachable = false;
  CHECK(on.troupe({"view", "ls"}) == 3);
}

TEST_CASE("view rebuild shows how far it is, a line a change, and ends with the view") {
  stage on = rebuilt();
  on.script.admin_turns["view-status"] = {
      items(view(rebuild("running", 0, 0))), items(view(rebuild("running", 50, 200))),
      items(view(rebuild("running", 50, 200))), items(view(rebuild("done", 200, 200)))};
  REQUIRE(on.troupe({"view", "rebuild", board}) == 0);
  CHECK(*on.script.arguments.find("context") == value{board});
  CHECK(on.err.str() ==
        "taxi.callList rebuilding 0/0 records, waiting for taxi.driver\n"
        "taxi.callList rebuilding 50/200 records (25 %), waiting for taxi.driver\n");
  CHECK(has(on.out, "taxi.callList"));
  CHECK(has(on.out, "12"));
}

TEST_CASE("on a terminal the progress is one line that changes and goes away") {
  stage on = rebuilt();
  on.terminal = true;
  on.script.admin_turns["view-status"] = {items(view(rebuild("running", 50, 200))),
                                          items(view(rebuild("running", 60, 200))),
                                          items(view(rebuild("done", 200, 200)))};
  REQUIRE(on.troupe({"view", "rebuild", board}) == 0);
  CHECK(on.err.str().find('\n') == std::string::npos);
  CHECK(has(on.err, "\r\x1b[Ktaxi.callList rebuilding 60/200"));
  CHECK(on.err.str().ends_with("\r\x1b[K"));
}

TEST_CASE("view rebuild can return at once") {
  stage on = rebuilt();
  REQUIRE(on.troupe({"view", "rebuild", board, "--no-wait"}) == 0);
  CHECK(has(on.out, "rebuilding"));
  CHECK(on.err.str().empty());
}

TEST_CASE("view rebuild tells why nothing came of it") {
  stage on = rebuilt();
  SECTION("it failed") {
    auto lost = rebuild("failed", 7, 200);
    lost["code"] = "STORAGE_FULL";
    lost["error"] = "there is no space left";
    on.script.admin_turns["view-status"] = {items(view(lost))};
    CHECK(on.troupe({"view", "rebuild", board}) == 8);
    CHECK(has(on.err, "no space left; the old rows are served (STORAGE_FULL)"));
  }
  SECTION("the view was stopped or began again") {
    on.script.admin_turns["view-status"] = {items(view({}))};
    CHECK(on.troupe({"view", "rebuild", board}) == 8);
    CHECK(has(on.err, "stopped or restarted"));
  }
  SECTION("one runs already") {
    on.script.admin_answers.insert_or_assign(
        "view-rebuild", error{errc::rejected, "REBUILD_RUNNING", "being rebuilt already", 0});
    CHECK(on.troupe({"view", "rebuild", board}) == 7);
    CHECK(has(on.err, "REBUILD_RUNNING"));
  }
  SECTION("the node cannot be asked any more") {
    on.script.admin_turns["view-status"] = {fail(errc::unreachable, "gone")};
    CHECK(on.troupe({"view", "rebuild", board}) == 3);
    CHECK(has(on.err, "goes on without this tool"));
  }
  SECTION("it is no view, or nothing at all") {
    CHECK(on.troupe({"view", "rebuild", "taxi.call"}) == 2);
    CHECK(on.troupe({"view", "rebuild", "taxi.nothing"}) == 5);
  }
}

TEST_CASE("Ctrl-C stops the waiting, not the rebuild") {
  stage on = rebuilt();
  on.waits_before_stop = 1;
  on.script.admin_turns["view-status"] = {items(view(rebuild("running", 1, 200))),
                                          items(view(rebuild("running", 2, 200)))};
  CHECK(on.troupe({"view", "rebuild", board}) == 130);
  CHECK(has(on.err, "the rebuild goes on"));
}
