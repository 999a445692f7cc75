#include "bin/cli/metrics_reference.hpp"
#include "messages/json.hpp"
#include "tests/cli/fake_cluster.hpp"
#include "tests/cli/node_figures.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::cli;
using namespace troupe::test;

namespace {

stage one_node() {
  stage on;
  map_member each;
  each.node = "n1";
  each.endpoint = "tcp://one";
  on.script.members.push_back(each);
  on.script.admin_answers.insert_or_assign("metrics", answer_of("n1", well_page()));
  return on;
}

} // namespace

TEST_CASE("metrics shows what the nodes tell as Prometheus would read it, or as data") {
  auto on = one_node();
  REQUIRE(on.inspector({"metrics"}) == 0);
  CHECK(on.out.str().find("troupe_node_live{node=\"n1\"} 1\n") != std::string::npos);
  CHECK(on.out.str().find("troupe_mailbox_age_seconds_bucket{node=\"n1\",lane=\"0\",le=\"0.5\"} "
                          "100\n") != std::string::npos);
  REQUIRE(on.inspector({"metrics", "-o", "json"}) == 0);
  const auto said = parse_json(on.out.str());
  REQUIRE(said);
  CHECK_FALSE(said->find("items")->get_if<value::array>()->empty());
}

TEST_CASE("metrics --reference asks nobody") {
  auto on = one_node();
  on.reachable = false;
  REQUIRE(on.inspector({"metrics", "--reference"}) == 0);
  CHECK(on.out.str() == metrics_reference());
  CHECK(on.inspector({"metrics"}) == 3);
}
