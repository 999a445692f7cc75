#include "bench/command.hpp"

#include "bench/run.hpp"
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

[[nodiscard]] std::string names_of(const std::map<std::string, bench::measure>& measures) {
  std::string text;
  for (const auto& [name, unused] : measures)
    text += (text.empty() ? "" : "|") + name;
  return text;
}

} // namespace

void add_bench_command(CLI::App& app, int& exit_code) {
  auto* const command = app.add_subcommand(
      "bench", "Measure a node; exits 0 only if no call failed. Workloads:" + known_workloads());
  const auto options = std::make_shared<bench_options>();
  const std::map<std::string, bench::measure> measures{
      {"throughput", bench::measure::throughput}, {"roundtrip", bench::measure::roundtrip},
      {"memory", bench::measure::memory},         {"start", bench::measure::start},
      {"recovery", bench::measure::recovery},     {"idle", bench::measure::idle}};
  command->add_option("--measure", options->measure, "what to measure [throughput]")
      ->transform(CLI::CheckedTransformer(measures).description(names_of(measures)))
      ->type_name("");
  command->add_option("--workload", options->workload, "kind of call")->capture_default_str();
  command->add_option("--endpoint", options->endpoint, "of the node")->capture_default_str();
  command->add_option("--node-pid", options->node.value,
                      "process of the node, for its CPU time and memory [asks the node]");
  command->add_flag("--start", options->start, "start a node of its own on an empty folder");
  command->add_option("--scratch", options->scratch,
                      "folder for that node's data [the system's temporary folder]");
  command->add_option("--node-binary", options->node_binary,
                      "program of that node [troupe-node next to this program]");
  command->add_option("--connections", options->connections, "clients")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command->add_option("--in-flight", options->in_flight, "open calls of all clients together")
      ->check(CLI::Range(1, 65'536))
      ->capture_default_str();
  command->add_option("--aggregates", options->aggregates, "aggregates the calls go to")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  command->add_option("--events", options->events, "events of the shard that recovers")
      ->check(CLI::Range(1, 1'000'000'000))
      ->capture_default_str();
  add_duration(*command, "--duration", options->duration, "measured time of each run");
  add_duration(*command, "--warmup", options->warm_up, "time before it that does not count");
  command->add_option("--runs", options->runs, "runs, of which the median is shown")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command->add_option("--json", options->json,
                      "write the report there as JSON; - is standard output");
  command->callback([options, &exit_code] { exit_code = bench::run_bench(*options); });
}

} // namespace troupe
