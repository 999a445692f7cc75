#include "bench/run.hpp"

#include "bench/inspection_costs.hpp"
#include "bench/measures.hpp"
#include "bench/own_cluster.hpp"
#include "bench/readiness.hpp"
#include "bench/scenarios.hpp"
#include "bench/supervision_costs.hpp"
#include "messages/json.hpp"
#include "net/sdk/troupe/client.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

namespace troupe::bench {

namespace {

constexpr int exit_usage = 2;
constexpr int exit_unclean = 9; ///< "degraded" in docs/errors.md: the figures are no result

void say(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
}

[[nodiscard]] std::filesystem::path scratch_of(const bench_options& options) {
  return options.scratch.empty() ? std::filesystem::temp_directory_path()
                                 : std::filesystem::path{options.scratch};
}

/// A node of this machine tells its process; of another machine's there is nothing to read.
[[nodiscard]] process_id ask_process(const std::string& endpoint) {
  const bool here = endpoint.starts_with("ipc://") || endpoint.starts_with("tcp://127.") ||
                    endpoint.starts_with("tcp://localhost");
  if (!here) return {};
  client_options options;
  options.endpoints = {endpoint};
  auto through = client::connect(options);
  if (!through) return {};
  const auto status = through->admin("status", value{value::object{}}).get();
  if (!status) return {};
  const value* pid = status->find("pid");
  const auto* number = pid == nullptr ? nullptr : pid->get_if<std::int64_t>();
  return {number == nullptr ? 0 : static_cast<int>(*number)};
}

[[nodiscard]] result<void> measure_on(const measure_setting& with, const target_node& node,
                                      measurement& to) {
  switch (with.options.measure) {
  case measure::throughput:
    return measure_throughput(with, node, to);
  case measure::roundtrip:
    return measure_roundtrip(with, node, to);
  case measure::memory:
    return measure_memory(with, node, to);
  case measure::idle:
    return measure_idle(with, node, to);
  case measure::restart:
    return measure_restart(with, node, to);
  case measure::overload:
    return measure_overload(with, node, to);
  case measure::scenario:
    return measure_scenario(with, node, to);
  case measure::start:
    return measure_start(with, to);
  case measure::recovery:
    return measure_recovery(with, to);
  case measure::hand_off:
    return measure_hand_off(with, to);
  case measure::failover:
    return measure_failover(with, to);
  case measure::redirect:
    return measure_redirect(with, to);
  case measure::supervision:
    return measure_supervision(with, to);
  case measure::instrumentation:
    return measure_instrumentation(with, to);
  case measure::inspection:
    return measure_inspection(with, node, to);
  }
  return fail(errc::internal, "unknown measure");
}

[[nodiscard]] bool restarts_nodes(measure what) {
  return what == measure::start || what == measure::recovery || what == measure::instrumentation ||
         needs_cluster(what);
}

[[nodiscard]] result<void> measure_on_cluster(const measure_setting& with,
                                              const std::filesystem::path& folder,
                                              measurement& to) {
  auto nodes = own_cluster::start(with.binary, folder, with.options.nodes);
  if (!nodes) return nodes.error();
  target_node all{(*nodes)->at(0).endpoint(), (*nodes)->at(0).process()};
  for (std::uint32_t i = 1; i < (*nodes)->size(); ++i)
    all.others.push_back((*nodes)->at(i).process());
  auto measured = measure_on(with, all, to);
  if (auto stopped = (*nodes)->stop_all(); !stopped) to.spoil(stopped.error().message);
  return measured;
}

[[nodiscard]] result<void> measure_all(const measure_setting& with, measurement& to) {
  const bench_options& options = with.options;
  if (options.measure == measure::supervision) return measure_on(with, {}, to);
  if (restarts_nodes(options.measure)) {
    if (!options.start)
      return fail(errc::malformed, "this measure starts and stops nodes: give --start");
    if (with.work.reads())
      return fail(errc::malformed, "this measure needs a workload that writes");
    return measure_on(with, {}, to);
  }
  if (!options.start) {
    if (options.nodes > 1)
      return fail(errc::malformed, "--nodes is of a cluster of its own: give --start");
    target_node node{options.endpoint, options.node};
    if (!node.process.known()) node.process = ask_process(node.endpoint);
    return measure_on(with, node, to);
  }
  const auto folder = scratch_folder::make(with.scratch);
  if (!folder) return folder.error();
  if (options.nodes > 1) return measure_on_cluster(with, folder->path(), to);
  auto node = own_node::start(with.binary, folder->path());
  if (!node) return node.error();
  if (options.measure != measure::scenario) { // which waits for its own contexts
    const auto writing = workload_named("register-fare");
    if (!writing) return writing.error();
    if (auto ready = await_all_shards(node->endpoint(), **writing); !ready) return ready;
  }
  auto measured = measure_on(with, {node->endpoint(), node->process()}, to);
  if (auto stopped = node->stop(); !stopped) to.spoil(stopped.error().message);
  return measured;
}

[[nodiscard]] std::string length_of(const bench_options& options) {
  if (options.stories > 0) return std::to_string(options.stories) + " stories";
  return std::to_string(options.duration.count()) + " ms";
}

[[nodiscard]] std::string scenario_title(const bench_options& options, const scenario_info& told) {
  return "troupe bench: scenario " + std::string{told.system} + " (" + std::string{told.meaning} +
         "); users " + std::to_string(options.in_flight) + ", connections " +
         std::to_string(options.connections) + ", runs " + std::to_string(options.runs) + " of " +
         length_of(options);
}

[[nodiscard]] std::string title_of(const bench_options& options, const workload& work) {
  return "troupe bench: " + std::string{name_of(options.measure)} + ", workload " +
         std::string{work.name} + " (" + std::to_string(work.request_bytes()) +
         " bytes each); aggregates " + std::to_string(options.aggregates) + ", in flight " +
         std::to_string(options.in_flight) + ", connections " +
         std::to_string(options.connections) + ", runs " + std::to_string(options.runs) + " of " +
         length_of(options) + (options.nodes > 1 ? ", nodes " + std::to_string(options.nodes) : "");
}

[[nodiscard]] std::string overload_title(const bench_options& options) {
  return "troupe bench: overload, workload call-taxi (taxi.call asks taxi.payment); connections " +
         std::to_string(options.connections) + ", runs " + std::to_string(options.runs) + " of " +
         length_of(options) + " a step";
}

[[nodiscard]] value settings_of(const bench_options& options) {
  return value::object{{"measure", name_of(options.measure)},
                       {"workload", !options.scenario.empty()              ? ""
                                    : options.measure == measure::overload ? "call-taxi"
                                                                           : options.workload},
                       {"scenario", options.scenario},
                       {"endpoint", options.start ? "its own node" : options.endpoint.c_str()},
                       {"connections", options.connections},
                       {"inFlight", options.in_flight},
                       {"aggregates", options.aggregates},
                       {"nodes", options.nodes},
                       {"events", options.events},
                       {"warmUpMillis", std::int64_t{options.warm_up.count()}},
                       {"durationMillis", std::int64_t{options.duration.count()}},
                       {"stories", options.stories},
                       {"runs", options.runs}};
}

[[nodiscard]] bool write_json(const report& from, const std::string& to) {
  const auto text = to_json(to_value(from), true) + "\n";
  if (to == "-") return std::fputs(text.c_str(), stdout) >= 0;
  std::ofstream file{to};
  file << text;
  return static_cast<bool>(file.flush());
}

} // namespace

bool needs_cluster(measure what) {
  return what == measure::hand_off || what == measure::failover || what == measure::redirect;
}

const char* name_of(measure what) {
  switch (what) {
  case measure::throughput:
    return "throughput";
  case measure::roundtrip:
    return "roundtrip";
  case measure::memory:
    return "memory";
  case measure::start:
    return "start";
  case measure::recovery:
    return "recovery";
  case measure::idle:
    return "idle";
  case measure::restart:
    return "restart";
  case measure::overload:
    return "overload";
  case measure::scenario:
    return "scenario";
  case measure::hand_off:
    return "handoff";
  case measure::failover:
    return "failover";
  case measure::redirect:
    return "redirect";
  case measure::supervision:
    return "supervision";
  case measure::instrumentation:
    return "instrumentation";
  case measure::inspection:
    return "inspection";
  }
  return "unknown";
}

int run_bench(const bench_options& options) {
  const auto work = workload_named(options.workload);
  if (!work) {
    say(work.error().message);
    return info(work.error().code).exit_code;
  }
  const auto scratch = scratch_of(options);
  const measure_setting with{options, **work,
                             options.node_binary.empty()
                                 ? node_beside_this_program()
                                 : std::filesystem::path{options.node_binary},
                             scratch, say};
  std::string title = title_of(options, **work);
  if (options.measure == measure::supervision)
    title = "troupe bench: supervision, in this process; runs " + std::to_string(options.runs);
  if (options.measure == measure::overload) title = overload_title(options);
  if (options.measure == measure::scenario) {
    const auto told = scenario_named(options.scenario);
    if (!told) {
      say(told.error().message);
      return info(told.error().code).exit_code;
    }
    title = scenario_title(options, **told);
  }
  report made{std::move(title), settings_of(options), look_at_machine(scratch), {}};
  const auto measured = measure_all(with, made.measured);
  if (!measured) {
    say(std::string{measured.error().shown_code()} + ": " + measured.error().message);
    return info(measured.error().code).exit_code;
  }
  if (options.json_only) {
    if (!write_json(made, "-")) return exit_usage;
  } else {
    std::fputs(to_table(made).c_str(), options.json == "-" ? stderr : stdout);
  }
  if (!options.json.empty() && !write_json(made, options.json)) {
    say("cannot write " + options.json);
    return exit_usage;
  }
  return made.measured.clean() ? 0 : exit_unclean;
}

} // namespace troupe::bench
