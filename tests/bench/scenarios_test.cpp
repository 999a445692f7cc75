#include "bench/scenarios.hpp"

#include "bench/own_node.hpp"
#include "bench/readiness.hpp"
#include "bench/run.hpp"
#include "bench/story_run.hpp"
#include "messages/descriptor.hpp"
#include "messages/json.hpp"
#include "messages/taxi.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

using namespace troupe;
using namespace troupe::bench;

namespace {

[[nodiscard]] value json_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::ostringstream text;
  text << in.rdbuf();
  auto parsed = parse_json(text.str());
  return parsed ? std::move(*parsed) : value{};
}

[[nodiscard]] value::array items(const value& of, std::string_view member) {
  const value* held = of.find(member);
  const auto* all = held == nullptr ? nullptr : held->get_if<value::array>();
  return all == nullptr ? value::array{} : *all;
}

/// Answers that a machine too busy for the systems' time limits may bring about.
[[nodiscard]] bool comes_of_haste(const std::string& code) {
  static const std::set<std::string> known{"ASK_TIMEOUT", "CIRCUIT_OPEN", "CALLEE_FAILED",
                                           "OVERLOADED"};
  return known.contains(code);
}

} // namespace

TEST_CASE("every system has a scenario, found by its name only") {
  for (const context_info& each : all_contexts()) {
    INFO(each.system);
    CHECK(scenario_named(each.system).ok());
  }
  CHECK(scenario_named("no-such").error().code == errc::malformed);
}

TEST_CASE("an audit finds a fare that was changed behind the users' backs") {
  const auto folder = scratch_folder::make(std::filesystem::temp_directory_path());
  REQUIRE(folder.ok());
  auto node = own_node::start(node_beside_this_program(), folder->path());
  REQUIRE(node.ok());
  client_options options;
  options.endpoints = {node->endpoint()};
  options.deadline = std::chrono::milliseconds{30'000};
  auto through = client::connect(options);
  REQUIRE(through.ok());
  REQUIRE(await_system(*through, "taxi").ok());

  const auto rides = (*scenario_named("taxi"))->make(4711);
  story_options how;
  how.endpoint = node->endpoint();
  how.users = 2;
  how.stories = 10;
  const auto told = run_stories(*rides, how);
  REQUIRE(told.ok());
  REQUIRE(told->told > 0);
  const auto before =
      audit_until_clean(*through, told->errors.empty(), [&](audit& into) { rides->check(into); });
  CHECK(before.clean());

  const auto calls = through->list("taxi.callList", {.filter = {{"status", "Completed"}}}).get();
  REQUIRE(calls.ok());
  REQUIRE_FALSE(calls->items.empty());
  const auto ride = calls->items.front().first;
  const taxi::register_fare dearer{ride.number, 1'000'000, "12 Harbour Street"};
  REQUIRE(through->send_sync("taxi.payment", ride, dearer).ok());
  audit after{*through, told->errors.empty()};
  rides->check(after);
  CHECK_FALSE(after.clean());
  CHECK(node->stop().ok());
}

// Each system's real node, a few stories; time limits are those of the systems, so a machine that
// stands still for a second may refuse some of them. What must be true is true all the same.
TEST_CASE("the stories of each system come out on a real node, and everything agrees") {
  std::vector<std::string> systems;
  for (const auto& each : scenarios())
    systems.emplace_back(each.system);
  for (const auto& system : systems) {
    INFO(system);
    const auto folder = scratch_folder::make(std::filesystem::temp_directory_path());
    REQUIRE(folder.ok());
    bench_options options;
    options.measure = measure::scenario;
    options.scenario = system;
    options.start = true;
    options.scratch = folder->path().string();
    options.in_flight = 4;
    options.connections = 2;
    options.stories = 40;
    options.runs = 1;
    options.json = (folder->path() / "report.json").string();
    const int exit_code = run_bench(options);
    const auto report = json_of(options.json);
    std::uint64_t failed = 0;
    if (const auto* errors = report.find("errors")->get_if<value::object>()) {
      for (const auto& [code, count] : *errors) {
        INFO(code);
        CHECK(comes_of_haste(code));
        failed += static_cast<std::uint64_t>(*count.get_if<std::int64_t>());
      }
    }
    CHECK(failed < options.stories);
    CHECK(exit_code == (failed == 0 ? 0 : 9));
    CHECK(items(report, "figures").size() > 10);
    CHECK(items(report, "findings").size() > 1);
    for (const auto& each : items(report, "findings")) {
      INFO(*each.find("what")->get_if<std::string>());
      INFO(*each.find("first")->get_if<std::string>());
      CHECK(*each.find("violated") == value{std::int64_t{0}});
    }
  }
}
