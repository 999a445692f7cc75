#include "bench/measures.hpp"
#include "bench/readiness.hpp"
#include "bench/scenarios.hpp"
#include "bench/story_run.hpp"

#include <chrono>

namespace troupe::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

[[nodiscard]] result<client> connect_to(const target_node& node) {
  client_options options;
  options.endpoints = {node.endpoint};
  options.deadline = milliseconds{30'000};
  options.name = "troupe bench";
  return client::connect(options);
}

[[nodiscard]] double micros(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1000.0;
}

void add_latency(const std::string& name, const histogram& from, measurement& to) {
  to.add(name + ", p50", "µs", micros(from.at_share(0.5)));
  to.add(name + ", p99", "µs", micros(from.at_share(0.99)));
}

void add_stories(const story_result& from, measurement& to) {
  to.add_errors(from.errors, from.first_error);
  if (from.completed() == 0) return to.spoil("no story came out in the measured time");
  const auto per_story = [&](std::uint64_t number) {
    return static_cast<double>(number) / static_cast<double>(from.completed());
  };
  to.add("stories", "1/s", from.per_second());
  add_latency("stories", from.figures.story_ns, to);
  for (const step_figures& each : from.figures.steps) {
    const std::string name{each.name};
    add_latency(name, each.latency_ns, to);
    if (each.sight) to.add(name + ", p50 at least", "µs", micros(each.at_least_ns.at_share(0.5)));
  }
  to.add("looks per story", "", per_story(from.figures.looks));
  if (from.figures.refusals > 0)
    to.add("expected refusals per story", "", per_story(from.figures.refusals));
  if (from.node_cpu_us) to.add("a story, node's CPU", "µs", *from.node_cpu_us);
  if (from.client_cpu_us) to.add("a story, client's CPU", "µs", *from.client_cpu_us);
}

void add_audit(scenario& of, client& through, const story_result& told, measurement& to) {
  const auto ended = steady_clock::now();
  auto begun = ended; // the last audit, which found everything as it is to be
  const bool all_told = told.errors.empty() && told.all_ended;
  const auto made = audit_until_clean(through, all_told, [&](audit& into) {
    begun = steady_clock::now();
    of.check(into);
  });
  const auto waited = std::chrono::duration_cast<milliseconds>(begun - ended);
  if (made.clean()) to.add("everything agreed after", "ms", static_cast<double>(waited.count()));
  to.add_findings(made.findings());
}

/// Not used twice, also by benchmarks that come after this one.
[[nodiscard]] std::int64_t run_number(std::uint32_t run) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<milliseconds>(now).count() * 100 + run;
}

} // namespace

result<void> measure_scenario(const measure_setting& with, const target_node& node,
                              measurement& to) {
  const auto known = scenario_named(with.options.scenario);
  if (!known) return known.error();
  auto through = connect_to(node);
  if (!through) return through.error();
  if (auto up = await_system(*through, with.options.scenario); !up) return up;
  story_options how;
  how.endpoint = node.endpoint;
  how.node = node.process;
  how.connections = with.options.connections;
  how.users = with.options.in_flight;
  how.stories = with.options.stories;
  how.warm_up = with.options.warm_up;
  how.duration = with.options.duration;
  for (std::uint32_t run = 0; run < with.options.runs; ++run) {
    with.progress("run " + std::to_string(run + 1) + " of " + std::to_string(with.options.runs));
    how.seed = run + 1;
    const auto told = (*known)->make(run_number(run));
    if (auto prepared = told->prepare(*through, how.users); !prepared) return prepared;
    const auto result = run_stories(*told, how);
    if (!result) return result.error();
    add_stories(*result, to);
    with.progress("checking " + std::to_string(result->told) + " stories");
    add_audit(*told, *through, *result, to);
  }
  if (!node.process.known()) to.remark("The node's process is not known, nor its CPU time.");
  return {};
}

} // namespace troupe::bench
