#include "bench/command.hpp"

#include "bench/run.hpp"
#include "bench/scenarios.hpp"
#include "bench/story_run.hpp"
#include "bench/workload.hpp"

#include <CLI/CLI.hpp>

#include <map>
#include <memory>
#include <string>

namespace troupe {

namespace {

using bench::bench_options;

/// "10s", "250ms" or "2m"; a number alone would leave its unit to guessing.
void add_duration(CLI::App& to, const std::string& name, std::chrono::milliseconds& value,
                  const std::string& meaning) {
  const std::map<std::string, std::uint64_t> units{{"ms", 1}, {"s", 1000}, {"m", 60'000}};
  to.add_option_function<std::uint64_t>(
        name,
        [&value](const std::uint64_t& read) {
          value = std::chrono::milliseconds{static_cast<std::int64_t>(read)};
        },
        meaning + " [" + std::to_string(value.count()) + "ms]")
      ->transform(CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::UNIT_REQUIRED))
      ->type_name("TIME");
}

[[nodiscard]] std::string known_workloads() {
  std::string text;
  for (const auto& each : bench::workloads())
    text += "\n  " + std::string{each.name} + ": " + std::string{each.meaning};
  return text;
}

[[nodiscard]] std::string known_scenarios() {
  std::string text;
  for (const auto& each : bench::scenarios())
    text += "\n  " + std::string{each.system} + ": " + std::string{each.meaning};
  return text;
}

[[nodiscard]] std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const auto& each : bench::scenarios())
    names.emplace_back(each.system);
  return names;
}

[[nodiscard]] std::string names_of(const std::map<std::string, bench::measure>& measures) {
  std::string text;
  for (const auto& [name, unused] : measures)
    text += (text.empty() ? "" : "|") + name;
  return text;
}

/// What is measured; returns the option that chooses a scenario.
CLI::Option* add_subject(CLI::App& to, bench_options& options) {
  const std::map<std::string, bench::measure> measures{
      {"throughput", bench::measure::throughput},
      {"roundtrip", bench::measure::roundtrip},
      {"memory", bench::measure::memory},
      {"start", bench::measure::start},
      {"recovery", bench::measure::recovery},
      {"idle", bench::measure::idle},
      {"overload", bench::measure::overload},
      {"handoff", bench::measure::hand_off},
      {"failover", bench::measure::failover},
      {"redirect", bench::measure::redirect},
      {"supervision", bench::measure::supervision},
      {"restart", bench::measure::restart},
      {"instrumentation", bench::measure::instrumentation},
      {"inspection", bench::measure::inspection}};
  auto* const measure =
      to.add_option("--measure", options.measure, "what to measure [throughput]")
          ->transform(CLI::CheckedTransformer(measures).description(names_of(measures)))
          ->type_name("");
  auto* const workload =
      to.add_option("--workload", options.workload, "kind of call")->capture_default_str();
  return to.add_option("--scenario", options.scenario, "system whose story is told instead")
      ->check(CLI::IsMember(scenario_names()))
      ->type_name("SYSTEM")
      ->excludes(measure)
      ->excludes(workload);
}

void add_target(CLI::App& to, bench_options& options) {
  to.add_option("--endpoint", options.endpoint, "of the node")->capture_default_str();
  to.add_option("--node-pid", options.node.value,
                "process of the node, for its CPU time and memory [asks the node]");
  to.add_flag("--start", options.start, "start a node of its own on an empty folder");
  to.add_option("--nodes", options.nodes,
                "nodes of its own, in one cluster; of handoff, failover and redirect: at least 2")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  to.add_option("--scratch", options.scratch,
                "folder for that node's data [the system's temporary folder]");
  to.add_option("--node-binary", options.node_binary,
                "program of that node [troupe-node next to this program]");
}

/// How hard to press and how long; returns the option of how many calls are open at a time.
CLI::Option* add_load(CLI::App& to, bench_options& options) {
  to.add_option("--connections", options.connections, "clients")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  auto* const in_flight =
      to.add_option("--in-flight", options.in_flight,
                    "open calls of all clients together [" + std::to_string(options.in_flight) +
                        "]; of a scenario: users, each in a story [" +
                        std::to_string(bench::users_by_default) + "]")
          ->check(CLI::Range(1, 65'536));
  to.add_option("--aggregates", options.aggregates, "aggregates the calls go to")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  to.add_option("--events", options.events, "events of the shard that recovers")
      ->check(CLI::Range(1, 1'000'000'000))
      ->capture_default_str();
  add_duration(to, "--duration", options.duration, "measured time of each run");
  add_duration(to, "--warmup", options.warm_up, "time before it that does not count");
  to.add_option("--runs", options.runs, "runs, of which the median is shown")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  return in_flight;
}

void add_output(CLI::App& to, bench_options& options) {
  to.add_option("--json", options.json, "write the report there as JSON; - is standard output");
  const std::map<std::string, bool> formats{{"table", false}, {"json", true}};
  to.add_option("-o,--output", options.json_only, "format of the report [table]")
      ->transform(CLI::CheckedTransformer(formats).description("table|json"))
      ->type_name("");
}

} // namespace

void add_bench_command(CLI::App& app, int& exit_code) {
  auto* const command = app.add_subcommand(
      "bench", "Measure a node; exits 0 only if no call failed. Workloads:" + known_workloads() +
                   "\nScenarios:" + known_scenarios());
  const auto options = std::make_shared<bench_options>();
  const auto* const scenario = add_subject(*command, *options);
  command
      ->add_option("--stories", options->stories,
                   "of a scenario: end each run after so many stories instead of after a time")
      ->check(CLI::Range(std::uint64_t{1}, bench::stories_max));
  add_target(*command, *options);
  const auto* const in_flight = add_load(*command, *options);
  add_output(*command, *options);
  command->callback([options, scenario, in_flight, &exit_code] {
    if (scenario->count() > 0) {
      options->measure = bench::measure::scenario;
      if (in_flight->count() == 0) options->in_flight = bench::users_by_default;
    }
    if (bench::needs_cluster(options->measure)) {
      if (options->nodes == 1) options->nodes = bench::nodes_by_default;
      if (in_flight->count() == 0) options->in_flight = bench::users_by_default;
    }
    exit_code = bench::run_bench(*options);
  });
}

} // namespace troupe
