// The restart of a context with many resident aggregates: what its callers and its memory see.
#include "bench/measures.hpp"
#include "bench/process.hpp"
#include "bench/readiness.hpp"
#include "net/sdk/troupe/client.hpp"

#include <chrono>
#include <string>

namespace troupe::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds patience{60};
constexpr milliseconds look_every{1};

[[nodiscard]] double millis_since(steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(steady_clock::now() - begin).count();
}

struct context_sight {
  std::string state;
  std::int64_t resident = 0;
};

[[nodiscard]] result<context_sight> look_at(client& through, const workload& work) {
  const auto status = through.admin("status", value{value::object{}}).get();
  if (!status) return status.error();
  const value* held = status->find("contexts");
  const auto* all = held == nullptr ? nullptr : held->get_if<value::array>();
  for (std::size_t i = 0; all != nullptr && i < all->size(); ++i) {
    const value& each = (*all)[i];
    const value* name = each.find("name");
    if (name == nullptr || *name != value{std::string{work.context}}) continue;
    const value* state = each.find("state");
    const value* resident = each.find("resident");
    if (state == nullptr || resident == nullptr) break;
    const auto* word = state->get_if<std::string>();
    const auto* number = resident->get_if<std::int64_t>();
    if (word == nullptr || number == nullptr) break;
    return context_sight{*word, *number};
  }
  return fail(errc::unknown_context, "the node says nothing of " + std::string{work.context});
}

/// Stops the context and waits until it is.
[[nodiscard]] result<void> stop_context(client& through, const workload& work) {
  value arguments{value::object{}};
  arguments["context"] = work.context;
  const auto told = through.admin("context-stop", arguments).get();
  if (!told) return told.error();
  const auto end = steady_clock::now() + patience;
  for (;;) {
    const auto seen = look_at(through, work);
    if (!seen) return seen.error();
    // "stopped" is what is wanted of it; the aggregates are gone when it is so.
    if (seen->state == "stopped" && seen->resident == 0) return {};
    if (steady_clock::now() >= end)
      return fail(errc::timeout, std::string{work.context} + " did not stop within 60 s");
    pass_time(look_every);
  }
}

/// Calls every aggregate once; how long that took.
[[nodiscard]] result<double> call_all(const measure_setting& with, const target_node& node,
                                      measurement& to) {
  load_options load;
  load.endpoint = node.endpoint;
  load.connections = with.options.connections;
  load.in_flight = with.options.in_flight;
  load.aggregates = with.options.aggregates;
  load.calls = static_cast<std::uint64_t>(with.options.aggregates);
  load.warm_up = milliseconds{0};
  const auto begin = steady_clock::now();
  const auto done = run_load(with.work, load);
  if (!done) return done.error();
  to.add_errors(*done);
  return millis_since(begin);
}

} // namespace

result<void> measure_restart(const measure_setting& with, const target_node& node,
                             measurement& to) {
  if (with.work.reads()) return fail(errc::malformed, "this measure needs a workload that writes");
  client_options how;
  how.endpoints = {node.endpoint};
  auto through = client::connect(how);
  if (!through) return through.error();
  with.progress("making " + std::to_string(with.options.aggregates) + " aggregates resident");
  if (auto made = call_all(with, node, to); !made) return made.error();
  for (std::uint32_t run = 0; run < with.options.runs; ++run) {
    with.progress("restart " + std::to_string(run + 1));
    const auto before = look_at(*through, with.work);
    if (!before) return before.error();
    if (before->resident < with.options.aggregates)
      return fail(errc::internal, "only " + std::to_string(before->resident) +
                                      " aggregates are resident; more shards or a larger "
                                      "--residents-max are needed");
    const auto begin = steady_clock::now();
    if (auto stopped = stop_context(*through, with.work); !stopped) return stopped;
    to.add("stopped, all written", "ms", millis_since(begin));
    value arguments{value::object{}};
    arguments["context"] = with.work.context;
    const auto again = steady_clock::now();
    const auto told = through->admin("context-start", arguments).get();
    if (!told) return told.error();
    if (auto ready = await_all_shards(node.endpoint, with.work); !ready) return ready;
    to.add("every shard acknowledges again", "ms", millis_since(again));
    const auto took = call_all(with, node, to);
    if (!took) return took.error();
    to.add("all called once and resident as before", "ms", millis_since(again));
    const auto after = look_at(*through, with.work);
    if (!after) return after.error();
    if (after->resident < with.options.aggregates)
      to.spoil("only " + std::to_string(after->resident) + " aggregates are resident afterwards");
  }
  to.add("aggregates", "", static_cast<double>(with.options.aggregates));
  return {};
}

} // namespace troupe::bench
