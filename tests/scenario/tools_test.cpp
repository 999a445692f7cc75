#include "messages/json.hpp"
#include "tests/support/sdk_door.hpp"
#include "tests/support/temp_folder.hpp"

#include <catch2/catch.hpp>

/// The command line tools against a running node.
namespace troupe::test {
namespace {

struct served {
  temp_folder scratch;
  test_node node{scratch.path() / "data", {"--system", "taxi"}};
  served() {
    node.start();
    auto nodes = connect_to(node);
    REQUIRE(all_up(nodes));
  }
  [[nodiscard]] finished run(const char* tool, std::vector<std::string> words) const {
    words.insert(words.end(), {"--endpoint", node.endpoint()});
    return run_program(tool, std::move(words));
  }
  [[nodiscard]] finished troupe(std::vector<std::string> words) const {
    return run("troupe", std::move(words));
  }
  [[nodiscard]] finished inspector(std::vector<std::string> words) const {
    return run("actor-inspector", std::move(words));
  }
};

bool has(const finished& how, std::string_view what) {
  UNSCOPED_INFO(how.output);
  return how.output.find(what) != std::string::npos;
}

TEST_CASE("troupe sends, gets, lists and watches") {
  const served by;
  const auto sent = by.troupe({"send", "taxi.call", "callTaxi", "customerId=1", "destination=junja",
                               "cost=500", "-o", "json"});
  REQUIRE(sent.exit_code == 0);
  const auto reply = parse_json(sent.output);
  REQUIRE(reply.ok());
  CHECK(has(sent, "\"Called\""));
  const auto* items = reply->find("items")->get_if<value::array>();
  REQUIRE((items != nullptr && items->size() == 1));
  const std::string name = text(items->front(), "target"); // any of the four shards gave the id
  const std::string driver = "taxi.driver" + name.substr(name.find('/'));
  CHECK(has(by.troupe({"get", name}), "junja"));
  CHECK(has(by.troupe({"list", "taxi.call", "status=Called"}), "junja"));
  REQUIRE(eventually([&] { return by.troupe({"get", driver}).exit_code == 0; }));
  const auto accepted = by.troupe({"send", driver, "changeStatus", "status=Accepted"});
  CHECK(accepted.exit_code == 0);
  CHECK(has(accepted, "Accepted"));
  const auto watched = by.troupe({"watch", "taxi.call", "--from", "beginning", "--count", "1"});
  CHECK(watched.exit_code == 0);
  CHECK(has(watched, "CalledTaxi"));
  const auto again = by.troupe({"send", driver, "changeStatus", "status=Called"});
  CHECK(again.exit_code == 7);
  CHECK(has(again, "INVALID_TRANSITION"));
}

TEST_CASE("troupe stops and starts a context and shows the status") {
  const served by;
  CHECK(has(by.troupe({"context", "stop", "taxi.payment"}), "stop"));
  CHECK(eventually([&] {
    return by.troupe({"list", "taxi.payment", "--timeout", "500ms"}).exit_code == 8;
  }));
  CHECK(has(by.troupe({"context", "ls"}), "stopped"));
  CHECK(has(by.troupe({"status"}), "taxi.payment"));
  CHECK(has(by.troupe({"status"}), "stopped"));
  CHECK(by.troupe({"context", "start", "taxi.payment"}).exit_code == 0);
  CHECK(eventually([&] { return by.troupe({"list", "taxi.payment"}).exit_code == 0; }));
}

TEST_CASE("troupe lists views and rebuilds one; the sqlite3 shell reads its file meanwhile") {
  const served by;
  auto nodes = connect_to(by.node);
  for (int i = 0; i < 3; ++i)
    REQUIRE(nodes.send_sync("taxi.call", {}, taxi::call_taxi{1, "junja", 500}).ok());
  const std::string file = (by.scratch.path() / "data/taxi.callList.0.view").string();
  const auto asked = [&] {
    const auto shell = cli::child_process::start(
        {"sqlite3",
         "/usr/bin/sqlite3",
         {"-readonly", file, "SELECT count(*), max(destination) FROM callLists"}});
    REQUIRE(shell.ok());
    REQUIRE(wait_end(**shell) == 0);
    (*shell)->poll();
    return (*shell)->lines().empty() ? std::string{} : (*shell)->lines().front();
  };
  REQUIRE(eventually([&] { return asked() == "3|junja"; }));
  CHECK(has(by.troupe({"view", "ls"}), "taxi.callList"));
  const auto rebuilt = by.troupe({"view", "rebuild", "taxi.callList"});
  CHECK(rebuilt.exit_code == 0);
  CHECK(has(rebuilt, "sqlite"));
  CHECK(asked() == "3|junja");
  CHECK(by.troupe({"view", "rebuild", "taxi.call"}).exit_code == 2);
  REQUIRE(nodes.send_sync("taxi.call", {}, taxi::call_taxi{1, "junja", 500}).ok());
  CHECK(eventually([&] { return asked() == "4|junja"; }));
  CHECK(by.troupe({"context", "stop", "taxi.call"}).exit_code == 0);
  CHECK(by.troupe({"view", "rebuild", "taxi.callList"}).exit_code == 8);
  CHECK(has(by.troupe({"status"}), "taxi.call is stopped"));
}

TEST_CASE("actor-inspector shows the tree, the actors, one of them and its history") {
  const served by;
  auto nodes = connect_to(by.node);
  const auto called = nodes.send_sync("taxi.call", {}, taxi::call_taxi{1, "junja", 500});
  REQUIRE(called.ok());
  const std::string name = "taxi.call/" + std::to_string(called->target.number);
  const auto tree = by.inspector({"tree"});
  CHECK(tree.exit_code == 0);
  for (const char* part : {"taxi", "taxi.call", "taxi.driver", "shard 0", "UpdateStatus"})
    CHECK(has(tree, part));
  CHECK(has(by.inspector({"actor", "ls"}), name));
  const auto shown = by.inspector({"actor", "show", name});
  CHECK(has(shown, "[redacted]"));
  CHECK(has(shown, "live"));
  const auto history = by.inspector({"actor", "history", name});
  CHECK(has(history, "asked"));
  CHECK(has(history, "accepted"));
  CHECK(has(history, "CalledTaxi"));
}

TEST_CASE("the tools tell by their exit codes what went wrong") {
  const served by;
  CHECK(by.troupe({"get", "taxi.call/999983"}).exit_code == 5);
  CHECK(by.inspector({"actor", "show", "taxi.call/999983"}).exit_code == 5);
  CHECK(by.inspector({"actor", "history", "taxi.call/999983"}).exit_code == 5);
  CHECK(by.troupe({"get", "taxi.nothing/1"}).exit_code == 5);
  CHECK(by.troupe({"frobnicate"}).exit_code == 2);
  CHECK(by.troupe({"send", "taxi.call", "callTaxi", "cost=much"}).exit_code == 2);
  const std::string nobody = "tcp://127.0.0.1:" + std::to_string(free_port());
  for (const char* tool : {"troupe", "actor-inspector"}) {
    const std::vector<std::string> words = std::string_view{tool} == "troupe"
                                               ? std::vector<std::string>{"get", "taxi.call/1"}
                                               : std::vector<std::string>{"tree"};
    auto all = words;
    all.insert(all.end(), {"--endpoint", nobody, "--timeout", "500ms"});
    const auto how = run_program(tool, all);
    INFO(tool << ": " << how.output);
    CHECK(how.exit_code == 3);
  }
}

TEST_CASE("troupe run --demo tells the story and ends well") {
  const auto how = run_program("troupe", {"run", "--demo"}, 2 * patience);
  CHECK(how.exit_code == 0);
  CHECK(has(how, "A passenger calls a taxi to junja for 500"));
  CHECK(has(how, "Kim requests a screening there"));
  CHECK(has(how, "A customer orders it. The copy says Available"));
  CHECK(has(how, "everything came out as described"));
}

} // namespace
} // namespace troupe::test
