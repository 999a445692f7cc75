#include "tests/cli/fake_cluster.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>

/// The rate of a context, told to every node.
using namespace troupe;
using namespace troupe::cli;

namespace {

stage two_nodes() {
  stage on;
  for (const auto& [name, endpoint] : {std::pair{"n1", "tcp://one"}, {"n2", "tcp://two"}}) {
    map_member each;
    each.node = name;
    each.endpoint = endpoint;
    on.script.members.push_back(each);
  }
  on.script.admin_answers.insert_or_assign(
      "limit", value{value::object{{"context", "taxi.call"}, {"rate", "5/10"}}});
  return on;
}

} // namespace

TEST_CASE("context limit tells every node and shows what each made of it") {
  auto on = two_nodes();
  REQUIRE(on.troupe({"context", "limit", "taxi.call", "5"}) == 0);
  CHECK(*on.script.arguments.find("context") == value{"taxi.call"});
  CHECK(*on.script.arguments.find("rate") == value{"5"});
  const auto shown = on.out.str();
  UNSCOPED_INFO(shown);
  CHECK(shown.find("n1") != std::string::npos);
  CHECK(shown.find("n2") != std::string::npos);
  CHECK(shown.find("5/10") != std::string::npos);
}

TEST_CASE("context limit fails if a node did not hear it, and for what is no context") {
  auto on = two_nodes();
  on.script.nodes_answers.insert_or_assign({"tcp://two", "limit"},
                                           result<value>{fail(errc::unreachable, "no answer")});
  CHECK(on.troupe({"context", "limit", "taxi.call", "5"}) == 3);
  CHECK(on.err.str().find("n2") != std::string::npos);
  CHECK(on.troupe({"context", "limit", "taxi.nothing", "5"}) != 0);
  CHECK(on.troupe({"context", "limit", "taxi.call"}) == 2);
}
