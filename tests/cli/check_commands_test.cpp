#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"
#include "tests/cli/node_figures.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;
using namespace troupe::test;

namespace {

stage two_nodes(const metric_page& page) {
  stage on;
  for (const auto& [name, endpoint] : {std::pair{"n1", "tcp://one"}, {"n2", "tcp://two"}}) {
    map_member each;
    each.node = name;
    each.endpoint = endpoint;
    on.script.members.push_back(each);
    on.script.nodes_answers.insert_or_assign({endpoint, "metrics"}, answer_of(name, page));
  }
  return on;
}

bool has(const std::ostringstream& in, const std::string& what) {
  UNSCOPED_INFO(in.str());
  return in.str().find(what) != std::string::npos;
}

} // namespace

TEST_CASE("check ends with 0, 11 or 12; for Nagios with 0, 1 or 2") {
  auto on = two_nodes(well_page());
  for (const char* each : {"cluster", "node", "lag", "disk"}) {
    INFO(each);
    CHECK(on.inspector({"check", each}) == 0);
    CHECK(has(on.out, std::string{each} + ": ok"));
    CHECK(on.inspector({"check", each, "--format", "nagios"}) == 0);
    CHECK(has(on.out, " OK - nothing to worry about | "));
  }
  on.script.nodes_answers.insert_or_assign({"tcp://two", "metrics"},
                                           fail(errc::timeout, "no answer"));
  CHECK(on.inspector({"check", "cluster"}) == 11);
  CHECK(on.inspector({"check", "cluster", "--format", "nagios"}) == 1);
  CHECK(on.inspector({"check", "node"}) == 12);
  CHECK(on.inspector({"check", "node", "--format", "nagios"}) == 2);
  CHECK(on.inspector({"check", "node", "n1"}) == 0);
}

TEST_CASE("Limits can be given; those that make no sense are refused") {
  auto on = two_nodes(well_page());
  CHECK(on.inspector({"check", "disk", "--warning", "60", "--critical", "40"}) == 11);
  CHECK(on.inspector({"check", "disk", "--warning", "80", "--critical", "60"}) == 12);
  CHECK(on.inspector({"check", "lag", "--warning", "3"}) == 11);
  for (const auto& wrong : std::vector<std::vector<std::string>>{
           {"check", "lag", "--warning", "many"},
           {"check", "lag", "--warning", "-1"},
           {"check", "lag", "--warning", "5", "--critical", "4"},
           {"check", "disk", "--warning", "10", "--critical", "20"},
           {"check", "disk", "--format", "xml"}}) {
    INFO(wrong[3]);
    CHECK(on.inspector(wrong) == 2);
    CHECK(has(on.err, "error: "));
  }
  CHECK(on.inspector({"check", "lag", "--warning", "x", "--format", "nagios"}) == 3);
  CHECK(has(on.out, "TROUPE UNKNOWN - "));
}

TEST_CASE("A cluster that does not answer is critical for Nagios and cannot be connected to else") {
  auto on = two_nodes(well_page());
  on.reachable = false;
  CHECK(on.inspector({"check", "cluster", "--format", "nagios"}) == 2);
  CHECK(has(on.out, "TROUPE CRITICAL - "));
  CHECK(on.inspector({"check", "cluster"}) == 3);
}

TEST_CASE("A node that the cluster does not have is not found") {
  auto on = two_nodes(well_page());
  CHECK(on.inspector({"check", "node", "n9"}) == 5);
  CHECK(on.inspector({"check", "node", "n9", "--format", "nagios"}) == 3);
}

TEST_CASE("A check as data has its state, its findings and its figures") {
  auto on = two_nodes(well_page());
  CHECK(on.inspector({"check", "lag", "--warning", "3", "-o", "json"}) == 11);
  const auto said = parse_json(on.out.str());
  REQUIRE(said);
  CHECK(*said->find("state") == value{"warning"});
  CHECK(*said->find("check") == value{"lag"});
  CHECK(said->find("items")->get_if<value::array>()->size() == 2);
  CHECK(said->find("figures")->get_if<value::array>()->size() == 2);
  CHECK(on.inspector({"check", "lag", "--format", "prometheus"}) == 0);
  CHECK(has(on.out, "troupe_check_state{check=\"lag\"} 0\n"));
}
