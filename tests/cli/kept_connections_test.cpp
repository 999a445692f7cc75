#include "bin/cli/kept_connections.hpp"

#include "tests/cli/fake_cluster.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;

namespace {

struct counted {
  cluster_script script;
  int made = 0;
  bool reachable = true;
  kept_connections connections{[this](const settings&) -> result<std::unique_ptr<cluster>> {
    if (!reachable) return fail(errc::unreachable, "nobody there");
    ++made;
    return std::unique_ptr<cluster>{std::make_unique<fake_cluster>(script)};
  }};
};

} // namespace

TEST_CASE("The same settings get the same connection, others another one") {
  counted on;
  settings how;
  how.endpoints = {"tcp://one"};
  REQUIRE(on.connections.get(how));
  REQUIRE(on.connections.get(how));
  CHECK(on.made == 1);
  how.endpoints = {"tcp://two"};
  REQUIRE(on.connections.get(how));
  CHECK(on.made == 2);
  how.role = role::observe; // must not do what the others may
  REQUIRE(on.connections.get(how));
  CHECK(on.made == 3);
  how.admin_key_file = "own.key";
  REQUIRE(on.connections.get(how));
  CHECK(on.made == 4);
  REQUIRE(on.connections.get(how));
  CHECK(on.made == 4);
}

TEST_CASE("What could not be reached is tried again by the next command") {
  counted on;
  on.reachable = false;
  CHECK(on.connections.get({}).error().code == errc::unreachable);
  on.reachable = true;
  CHECK(on.connections.get({}));
}

TEST_CASE("A command that subscribes has a connection of its own, which ends with it") {
  counted on;
  {
    auto one = on.connections.get({});
    REQUIRE(one);
    (*one)->subscribe(
        "taxi.call", {0}, {}, [](auto&&...) {}, [](auto&&...) {});
    (*one)->subscribe_node(
        "tcp://one", {}, [](auto&&...) {}, [](auto&&...) {});
  }
  CHECK(on.made == 2);
  CHECK(on.script.subscriptions.size() == 2);
  REQUIRE(on.connections.get({}));
  CHECK(on.made == 2);
}

TEST_CASE("A subscription that finds nobody is told so") {
  counted on;
  auto one = on.connections.get({});
  REQUIRE(one);
  on.reachable = false;
  std::optional<errc> ended;
  (*one)->subscribe_node(
      "tcp://one", {}, [](auto&&...) {}, [&](const error& why) { ended = why.code; });
  CHECK(ended == errc::unreachable);
}
