#include "bench/report.hpp"

#include "bin/cli/output.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe;
using namespace troupe::bench;

namespace {

[[nodiscard]] load_result good_load(std::uint64_t calls) {
  load_result load;
  load.seconds = 2;
  load.completed = calls;
  for (std::uint64_t call = 0; call < calls; ++call)
    load.latency_ns.record(1000 * (call + 1));
  load.node_cpu_us = 3.5;
  return load;
}

[[nodiscard]] const figure& named(const measurement& in, const std::string& name) {
  for (const figure& each : in.figures())
    if (each.name == name) return each;
  throw std::out_of_range{name};
}

} // namespace

TEST_CASE("a figure shows the median of its runs") {
  CHECK(figure{"", "", {}}.median() == 0);
  CHECK(figure{"", "", {5}}.median() == 5);
  CHECK(figure{"", "", {9, 1, 5}}.median() == 5);
  CHECK(figure{"", "", {4, 1, 2, 3}}.median() == 2.5);
  CHECK(figure{"", "", {9, 1, 5}}.least() == 1);
  CHECK(figure{"", "", {9, 1, 5}}.most() == 9);
}

TEST_CASE("runs of a load gather under their figures") {
  measurement measured;
  measured.add_load(good_load(100), "commands");
  measured.add_load(good_load(200), "commands");
  CHECK(measured.clean());
  CHECK(named(measured, "commands").runs == std::vector<double>{50, 100});
  CHECK(named(measured, "commands, p50").runs.front() == Approx(50).epsilon(1.0 / 64));
  CHECK(named(measured, "commands, node's CPU each").runs.size() == 2);
  CHECK_THROWS(named(measured, "commands, client's CPU each"));
}

TEST_CASE("a report with errors never looks like a result") {
  report made;
  auto bad = good_load(100);
  bad.errors["OVERLOADED"] = 12;
  bad.first_error = "the inbox is full";
  made.measured.add_load(bad, "commands");
  CHECK_FALSE(made.measured.clean());
  const auto table = to_table(made);
  CHECK(table.find("NOT CLEAN") != std::string::npos);
  CHECK(table.find("OVERLOADED: 12") != std::string::npos);
  CHECK(table.find("the inbox is full") != std::string::npos);
  CHECK(table.find("errors: none") == std::string::npos);
  const auto json = to_value(made);
  CHECK(*json.find("clean") == value{false});
  CHECK(*json.find("errors")->find("OVERLOADED") == value{std::int64_t{12}});
}

TEST_CASE("a run without any success is no clean run") {
  measurement measured;
  measured.add_load(load_result{}, "commands");
  CHECK_FALSE(measured.clean());
}

TEST_CASE("a clean report says so and shows large numbers in groups") {
  report made;
  made.measured.add("commands", "1/s", 1'234'567);
  made.measured.add("small", "µs", 1.5);
  const auto table = to_table(made);
  CHECK(table.find("1,234,567") != std::string::npos);
  CHECK(table.find("1.50") != std::string::npos);
  CHECK(table.find("errors: none") != std::string::npos);
  const auto json = to_value(made);
  CHECK(*json.find("clean") == value{true});
}

TEST_CASE("findings add up over the runs, and a violation spoils the report") {
  report made;
  made.measured.add_findings({{"all is settled", 1000, 0, ""}, {"no place is lost", 4, 0, ""}});
  made.measured.add_findings({{"all is settled", 234, 0, ""}});
  CHECK(made.measured.clean());
  REQUIRE(made.measured.findings().size() == 2);
  CHECK(made.measured.findings().front().checked == 1234);
  CHECK(to_table(made).find("1,234  all is settled\n") != std::string::npos);

  made.measured.add_findings({{"no place is lost", 4, 2, "hospital/7 has 19"}});
  made.measured.add_findings({{"no place is lost", 4, 1, "hospital/9 has 18"}});
  CHECK_FALSE(made.measured.clean());
  const auto table = to_table(made);
  CHECK(table.find("NOT TRUE 3 times: no place is lost") != std::string::npos);
  CHECK(table.find("NOT CLEAN") != std::string::npos);
}

TEST_CASE("a report for programs names its kind and version, and holds every finding") {
  report made;
  made.measured.add_findings({{"no place is lost", 4, 1, "hospital/7 has 19"}});
  const auto json = to_value(made);
  CHECK(*json.find("kind") == value{"BenchReport"});
  CHECK(*json.find("api") == value{cli::output_api});
  const auto& finding = json.find("findings")->get_if<value::array>()->at(0);
  CHECK(*finding.find("what") == value{"no place is lost"});
  CHECK(*finding.find("checked") == value{std::int64_t{4}});
  CHECK(*finding.find("violated") == value{std::int64_t{1}});
  CHECK(*finding.find("first") == value{"hospital/7 has 19"});
}

TEST_CASE("a report on a memory file system warns of it") {
  report made;
  made.machine.file_system = "tmpfs";
  CHECK(to_table(made).find("syncs cost nothing") != std::string::npos);
}
