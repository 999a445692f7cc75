#include "bench/measures.hpp"
#include "bench/readiness.hpp"

namespace troupe::bench {

namespace {

/// A node on a folder of its own, ready for the load.
[[nodiscard]] result<own_node> started(const measure_setting& with, const scratch_folder& folder,
                                       std::vector<std::string> flags) {
  auto node =
      own_node::launch(with.binary, folder.path(), folder.path() / "node.log", std::move(flags));
  if (!node) return node;
  if (auto there = node->come_up(); !there) return there.error();
  if (auto ready = await_all_shards(node->endpoint(), with.work); !ready) return ready.error();
  return node;
}

} // namespace

result<void> measure_instrumentation(const measure_setting& with, measurement& to) {
  const auto with_folder = scratch_folder::make(with.scratch);
  if (!with_folder) return with_folder.error();
  const auto without_folder = scratch_folder::make(with.scratch);
  if (!without_folder) return without_folder.error();
  auto measuring = started(with, *with_folder, {"--measures", "true"});
  if (!measuring) return measuring.error();
  auto plain = started(with, *without_folder, {"--measures", "false"});
  if (!plain) return plain.error();
  load_options load;
  load.connections = with.options.connections;
  load.in_flight = with.options.in_flight;
  load.aggregates = with.options.aggregates;
  load.warm_up = with.options.warm_up;
  load.duration = with.options.duration;
  for (std::uint32_t run = 0; run < with.options.runs; ++run) {
    with.progress("run " + std::to_string(run + 1) + " of " + std::to_string(with.options.runs));
    load.seed = run + 1;
    double per_second[2] = {};
    double cpu_us[2] = {};
    // Who comes first has a colder disk: the two take turns.
    for (const std::uint32_t turn : {run % 2, (run + 1) % 2}) {
      const own_node& node = turn == 0 ? *plain : *measuring;
      load.endpoint = node.endpoint();
      load.node = node.process();
      const auto loaded = run_load(with.work, load);
      if (!loaded) return loaded.error();
      to.add_load(*loaded, turn == 0 ? "commands, not measured" : "commands, measured");
      per_second[turn] = loaded->per_second();
      cpu_us[turn] = loaded->node_cpu_us.value_or(0);
    }
    if (per_second[0] > 0)
      to.add("throughput lost", "%", 100.0 * (1.0 - per_second[1] / per_second[0]));
    if (cpu_us[0] > 0) to.add("CPU added", "%", 100.0 * (cpu_us[1] / cpu_us[0] - 1.0));
  }
  for (auto* node : {&*measuring, &*plain})
    if (auto stopped = node->stop(); !stopped) to.spoil(stopped.error().message);
  return {};
}

} // namespace troupe::bench
