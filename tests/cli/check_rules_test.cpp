#include "bin/cli/check_rules.hpp"

#include "tests/cli/node_figures.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace troupe;
using namespace troupe::cli;
using namespace troupe::test;

namespace {

check_report check(std::string_view name, const nodes_said& said, std::string_view node = {}) {
  return run_check(name, said, *limits_of(name), node);
}

/// The report on a node that tells one thing more.
check_report with(std::string_view name, metric of, std::initializer_list<std::string_view> labels,
                  double number) {
  auto page = well_page();
  page.add(of, labels, number);
  return check(name, said_by(page));
}

const check_figure& figure(const check_report& in, std::string_view name) {
  const auto at = std::ranges::find(in.figures, name, &check_figure::name);
  REQUIRE(at != in.figures.end());
  return *at;
}

} // namespace

TEST_CASE("A cluster that is well worries nobody") {
  for (const char* each : {"cluster", "node", "lag", "disk"}) {
    INFO(each);
    const auto report = check(each, said_by(well_page()));
    CHECK(report.findings.empty());
    CHECK(report.state() == check_state::good);
    CHECK_FALSE(report.figures.empty());
    CHECK(report.summary() == "nothing to worry about");
  }
  CHECK_FALSE(limits_of("weather"));
}

TEST_CASE("A limit is reached from above or from below") {
  const check_limits high{1, 2, false};
  CHECK(high.judge(0.9) == check_state::good);
  CHECK(high.judge(1) == check_state::warning);
  CHECK(high.judge(2) == check_state::critical);
  const check_limits low{20, 10, true};
  CHECK(low.judge(20.1) == check_state::good);
  CHECK(low.judge(20) == check_state::warning);
  CHECK(low.judge(10) == check_state::critical);
}

TEST_CASE("One silent node is a warning, a second one critical") {
  auto said = said_by(well_page());
  said.silent.push_back({"n2", fail(errc::timeout, "no answer")});
  CHECK(check("cluster", said).state() == check_state::warning);
  CHECK(check("node", said).state() == check_state::critical);
  CHECK(check("node", said, "n1").state() == check_state::good);
  CHECK(check("cluster", said).summary() == "n2: does not answer: no answer");
  said.silent.push_back({"n3", fail(errc::timeout, "no answer")});
  const auto report = check("cluster", said);
  CHECK(report.state() == check_state::critical);
  CHECK(report.summary() == "n2: does not answer: no answer (and 1 more)");
  CHECK(figure(report, "nodes_silent").number == 2);
  const auto one = check("cluster", said, "n2"); // the others are somebody else's trouble
  CHECK(one.state() == check_state::warning);
  CHECK(figure(one, "nodes_silent").number == 1);
  CHECK(figure(one, "nodes").number == 0);
  CHECK(figure(check("cluster", said, "n1"), "nodes_silent").number == 0);
}

TEST_CASE("What is set apart, stopped or cut off is found") {
  using enum check_state;
  CHECK(with("cluster", metric::quarantined, {"taxi.call"}, 2).state() == warning);
  CHECK(with("cluster", metric::dead_letters, {"taxi.call"}, 1).state() == warning);
  CHECK(with("cluster", metric::contexts_up, {"taxi.driver"}, 0).state() == warning);
  CHECK(with("cluster", metric::breaker_state, {"a.b", "c.d", "n2", "query"}, 2).state() ==
        warning);
  CHECK(with("cluster", metric::breaker_state, {"a.b", "c.d", "n2", "query"}, 1).state() == good);
  CHECK(with("cluster", metric::shards_owned, {"taxi.driver"}, 0).state() == critical);
  CHECK(with("cluster", metric::policies_stopped, {"taxi.call"}, 1).state() == critical);
  CHECK(with("cluster", metric::storage_full, {"taxi.call"}, 1).state() == critical);
  CHECK(with("cluster", metric::quarantined, {"taxi.call"}, 0).state() == good);
}

TEST_CASE("A node that stands, waits or has lost its lease is found") {
  using enum check_state;
  CHECK(with("node", metric::node_live, {}, 0).state() == critical);
  CHECK(with("node", metric::node_ready, {}, 0).state() == warning);
  CHECK(with("node", metric::lease_remaining, {}, -0.5).state() == critical);
  CHECK(with("node", metric::process_open_fds, {}, 1000).state() == warning);
  const auto slow = with("node", metric::mailbox_recent, {}, 0.25);
  CHECK(slow.state() == warning);
  CHECK(figure(slow, "n1_mailbox_p99").number == 0.25);
  CHECK(with("node", metric::mailbox_recent, {}, 1).state() == critical);
}

TEST_CASE("Lag and disk are judged by their limits") {
  using enum check_state;
  CHECK(with("lag", metric::view_behind, {"taxi.list"}, 999).state() == good);
  CHECK(with("lag", metric::view_behind, {"taxi.list"}, 1'000).state() == warning);
  CHECK(with("lag", metric::view_behind, {"taxi.list"}, 10'000).state() == critical);
  CHECK(with("lag", metric::view_state, {"taxi.list"}, 1).state() == critical);
  CHECK(with("disk", metric::disk_free, {}, 20e9).state() == warning);
  CHECK(with("disk", metric::disk_free, {}, 9e9).state() == critical);
  CHECK(figure(with("disk", metric::disk_free, {}, 9e9), "n1_free").number == Approx(9));
  metric_page none;
  CHECK(check("disk", said_by(none)).state() == warning);
}
