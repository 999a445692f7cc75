// The measures that start and stop nodes: cold start and recovery.
#include "bench/measures.hpp"
#include "bench/readiness.hpp"

#include <vector>

namespace troupe::bench {

namespace {

using std::chrono::steady_clock;

constexpr std::string_view derived_suffix = ".derived";

[[nodiscard]] double millis_since(steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(steady_clock::now() - begin).count();
}

/// Starts a node, waits for its first acknowledgement, notes the times.
[[nodiscard]] result<own_node> start_and_ask(const measure_setting& with,
                                             const std::filesystem::path& folder,
                                             const std::string& figure, measurement& to) {
  auto node = own_node::start(with.binary, folder);
  if (!node) return node;
  const double listening = millis_since(node->started());
  // Aggregate 1 belongs to the first shard, which is also the one that recovers.
  auto asked = await_acknowledgement(node->endpoint(), with.work, {1});
  if (!asked) return asked.error();
  to.add(figure + ": first acknowledgement", "ms", millis_since(node->started()));
  to.add(figure + ": listening", "ms", listening);
  return node;
}

/// Brings the events of the recovering shard, the first one, onto the disk.
[[nodiscard]] result<void> fill_shard(const measure_setting& with, const own_node& node,
                                      measurement& to) {
  if (auto ready = await_all_shards(node.endpoint(), with.work); !ready) return ready;
  const auto shards = shards_of(node.endpoint(), with.work);
  if (!shards) return shards.error();
  load_options load;
  load.endpoint = node.endpoint();
  load.node = node.process();
  load.connections = with.options.connections;
  load.in_flight = with.options.in_flight;
  load.aggregates = with.options.aggregates;
  load.id_step = std::int64_t{*shards};
  load.calls = with.options.events;
  const auto filled = run_load(with.work, load);
  if (!filled) return filled.error();
  to.add_errors(*filled);
  to.add("filling one shard", "events/s", filled->per_second());
  return {};
}

/// Deletes what is derived from the journals: shard snapshots and indexes. Returns how many files.
[[nodiscard]] std::size_t delete_derived(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  for (const auto& each : std::filesystem::recursive_directory_iterator{folder}) {
    // SQLite's companions (-wal, -shm) go with their file.
    const auto name = each.path().filename().string();
    if (each.is_regular_file() && name.find(derived_suffix) != std::string::npos)
      found.push_back(each.path());
  }
  for (const auto& each : found)
    std::filesystem::remove(each);
  return found.size();
}

} // namespace

result<void> measure_start(const measure_setting& with, measurement& to) {
  for (std::uint32_t run = 0; run < with.options.runs; ++run) {
    const auto folder = scratch_folder::make(with.scratch);
    if (!folder) return folder.error();
    auto node = start_and_ask(with, folder->path(), "cold start", to);
    if (!node) return node.error();
    if (auto stopped = node->stop(); !stopped) to.spoil(stopped.error().message);
  }
  return {};
}

result<void> measure_recovery(const measure_setting& with, measurement& to) {
  const auto folder = scratch_folder::make(with.scratch);
  if (!folder) return folder.error();
  {
    with.progress("filling one shard with " + std::to_string(with.options.events) + " events");
    auto node = own_node::start(with.binary, folder->path());
    if (!node) return node.error();
    if (auto filled = fill_shard(with, *node, to); !filled) return filled;
    if (auto stopped = node->stop(); !stopped) to.spoil(stopped.error().message);
  }
  std::size_t deleted = 0;
  for (std::uint32_t run = 0; run < with.options.runs; ++run) {
    for (const bool with_snapshot : {true, false}) {
      with.progress(with_snapshot ? "restart with snapshot" : "restart without snapshot");
      if (!with_snapshot) deleted += delete_derived(folder->path());
      auto node = start_and_ask(with, folder->path(),
                                with_snapshot ? "with snapshot" : "without snapshot", to);
      if (!node) return node.error();
      if (auto stopped = node->stop(); !stopped) to.spoil(stopped.error().message);
    }
  }
  if (deleted == 0) to.spoil("no file of derived data was found to delete");
  return {};
}

} // namespace troupe::bench
