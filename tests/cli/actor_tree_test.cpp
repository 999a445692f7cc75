#include "bin/cli/actor_tree.hpp"

#include "messages/json.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

TEST_CASE("The tree shows name, kind, state and restarts, indented by depth") {
  const auto root =
      parse_json(R"({"name":"node","kind":"node","state":"up","restarts":0,"children":[
    {"name":"taxi","kind":"system","state":"up","restarts":0,"children":[
      {"name":"call","kind":"context","state":"up","restarts":2,"detail":"4 shards"}]},
    {"name":"x\u001b","kind":"system","state":"failed","restarts":1,"children":[]}]})");
  REQUIRE(root);
  CHECK(tree_text(*root, false, false) == "node (node)  up\n"
                                          "|- taxi (system)  up\n"
                                          "|  `- call (context)  up  2 restarts  4 shards\n"
                                          "`- x\\x1b (system)  failed  1 restart\n");
  CHECK(tree_text(*root, true, true).find("└─ x") != std::string::npos);
}

TEST_CASE("What another node runs is not shown as stopped, what an operator stopped is") {
  const auto of = [](const std::string& state) {
    const auto root = parse_json(R"({"name":"call","kind":"context","state":")" + state +
                                 R"(","children":[
      {"name":"shard 0","kind":"shard","state":"up"},
      {"name":"shard 1","kind":"shard","state":"stopped"}]})");
    REQUIRE(root);
    return tree_text(*root, false, false);
  };
  CHECK(of("up") == "call (context)  up\n`- shard 0 (shard)  up\n");
  CHECK(of("stopped").find("shard 1 (shard)  stopped") != std::string::npos);
}

TEST_CASE("A tree that is too deep is cut") {
  value root;
  root["name"] = "leaf";
  for (int i = 0; i < 100; ++i) {
    value parent;
    parent["name"] = "p";
    parent["children"] = value::array{root};
    root = parent;
  }
  const std::string text = tree_text(root, false, false);
  CHECK(text.find("...") != std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') < 50);
}
