#include "bench/measures.hpp"

namespace troupe::bench {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t memory_warm_up_calls = 1000;
constexpr milliseconds settling{2000}; ///< until write-behind work after a load is done

[[nodiscard]] std::string run_text(const measure_setting& with, std::uint32_t run) {
  return "run " + std::to_string(run + 1) + " of " + std::to_string(with.options.runs);
}

/// Reads need something to read: every aggregate is touched once.
[[nodiscard]] result<void> fill(const load_options& like, measurement& to) {
  const auto writing = workload_named("register-fare");
  if (!writing) return writing.error();
  auto load = like;
  load.calls = static_cast<std::uint64_t>(load.aggregates);
  const auto filled = run_load(**writing, load);
  if (!filled) return filled.error();
  to.add_errors(*filled);
  return {};
}

[[nodiscard]] error process_unknown() {
  return fail(errc::malformed, "the node's process is not known: give --node-pid or --start");
}

} // namespace

load_options load_of(const measure_setting& with, const target_node& node) {
  load_options load;
  load.endpoint = node.endpoint;
  load.node = node.process;
  load.other_nodes = node.others;
  load.connections = with.options.connections;
  load.in_flight = with.options.in_flight;
  load.aggregates = with.options.aggregates;
  load.warm_up = with.options.warm_up;
  load.duration = with.options.duration;
  return load;
}

result<void> measure_throughput(const measure_setting& with, const target_node& node,
                                measurement& to) {
  auto load = load_of(with, node);
  if (with.work.reads()) {
    if (auto filled = fill(load, to); !filled) return filled;
  }
  for (std::uint32_t run = 0; run < with.options.runs; ++run) {
    with.progress(run_text(with, run));
    load.seed = run + 1;
    const auto loaded = run_load(with.work, load);
    if (!loaded) return loaded.error();
    to.add_load(*loaded, with.work.reads() ? "reads" : "commands");
    if (const auto resident = resident_bytes(node.process))
      to.add("node's resident memory", "MiB", static_cast<double>(*resident) / (1024.0 * 1024.0));
  }
  if (!node.process.known()) to.remark("The node's process is not known, nor its CPU time.");
  return {};
}

result<void> measure_roundtrip(const measure_setting& with, const target_node& node,
                               measurement& to) {
  const auto writing = workload_named("register-fare");
  const auto reading = workload_named("read-fare");
  if (!writing) return writing.error();
  if (!reading) return reading.error();
  auto load = load_of(with, node);
  if (auto filled = fill(load, to); !filled) return filled;
  load.connections = 1;
  load.in_flight = 1;
  for (std::uint32_t run = 0; run < with.options.runs; ++run) {
    with.progress(run_text(with, run));
    load.seed = run + 1;
    const auto commands = run_load(**writing, load);
    if (!commands) return commands.error();
    to.add_load(*commands, "commands, one at a time");
    const auto reads = run_load(**reading, load);
    if (!reads) return reads.error();
    to.add_load(*reads, "reads, one at a time");
  }
  return {};
}

result<void> measure_memory(const measure_setting& with, const target_node& node, measurement& to) {
  if (!node.process.known()) return process_unknown();
  auto load = load_of(with, node);
  if (!with.options.start) {
    // The ids of earlier benchmarks are resident already; the time makes fresh ones.
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    load.first_id = std::chrono::duration_cast<milliseconds>(now).count() * 1000;
  }
  // Buffers and caches that the first calls fill are not the aggregates' memory.
  load.calls = memory_warm_up_calls;
  load.aggregates = static_cast<std::int64_t>(memory_warm_up_calls);
  const auto warm = run_load(with.work, load);
  if (!warm) return warm.error();
  to.add_errors(*warm);
  pass_time(settling);
  const auto before = resident_bytes(node.process);

  load.first_id += load.aggregates;
  load.aggregates = with.options.aggregates;
  load.calls = static_cast<std::uint64_t>(load.aggregates);
  const auto loaded = run_load(with.work, load);
  if (!loaded) return loaded.error();
  to.add_errors(*loaded);
  pass_time(settling);
  const auto after = resident_bytes(node.process);
  if (!before || !after) return process_unknown();
  const double grown = static_cast<double>(*after) - static_cast<double>(*before);
  to.add("memory per resident aggregate", "bytes", grown / static_cast<double>(load.aggregates));
  to.add("aggregates", "", static_cast<double>(load.aggregates));
  to.add("node's memory before", "MiB", static_cast<double>(*before) / (1024.0 * 1024.0));
  to.add("node's memory after", "MiB", static_cast<double>(*after) / (1024.0 * 1024.0));
  return {};
}

result<void> measure_idle(const measure_setting& with, const target_node& node, measurement& to) {
  if (!node.process.known()) return process_unknown();
  if (with.options.start) {
    if (auto filled = fill(load_of(with, node), to); !filled) return filled;
    pass_time(settling);
  }
  for (std::uint32_t run = 0; run < with.options.runs; ++run) {
    with.progress(run_text(with, run));
    const auto before = activity_of(node.process);
    const auto begin = std::chrono::steady_clock::now();
    pass_time(with.options.duration);
    const auto after = activity_of(node.process);
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    if (!before || !after) return process_unknown();
    const std::chrono::duration<double> ran = after->running - before->running;
    to.add("idle CPU, of one core", "%", 100.0 * ran / passed);
    to.add("wake-ups", "1/s",
           static_cast<double>(after->wakeups - before->wakeups) / passed.count());
  }
  return {};
}

} // namespace troupe::bench
