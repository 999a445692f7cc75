#include "bench/inspection_costs.hpp"

#include "bench/load.hpp"
#include "net/sdk/troupe/client.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace troupe::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds look_every{2'000}; ///< as `actor-inspector top -w` does
constexpr milliseconds settling{2'000};   ///< until write-behind work after a load is done
constexpr milliseconds watched{10'000};   ///< of which the cost of a watcher is taken
constexpr milliseconds pause_least{10};

[[nodiscard]] result<value> look(client& at, const std::string& endpoint, const char* by) {
  call_options options;
  options.endpoint = endpoint;
  return at
      .admin("top", value{value::object{{"by", by}, {"limit", 20}, {"window_ms", 5'000}}},
             std::move(options))
      .get();
}

/// Somebody who looks again and again, until it goes.
class watcher {
public:
  watcher(client& through, std::string endpoint)
      : thread_([this, &through, endpoint = std::move(endpoint)] {
          auto next = steady_clock::now();
          while (!over_.load()) {
            if (steady_clock::now() < next) {
              pass_time(pause_least);
              continue;
            }
            next += look_every;
            if (!look(through, endpoint, "rate")) failures_.fetch_add(1);
          }
        }) {}
  ~watcher() {
    over_.store(true);
    thread_.join();
  }
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;
  [[nodiscard]] int failures() const { return failures_.load(); }

private:
  std::atomic<bool> over_{false};
  std::atomic<int> failures_{0};
  std::thread thread_;
};

/// Processor time of the node's threads over a while, in percent of one core.
[[nodiscard]] double percent_of_core(process_id node, milliseconds over) {
  const auto before = activity_of(node);
  const auto began = steady_clock::now();
  pass_time(over);
  const std::chrono::duration<double> passed = steady_clock::now() - began;
  const auto after = activity_of(node);
  if (!before || !after) return 0.0;
  const std::chrono::duration<double> ran = after->running - before->running;
  return 100.0 * ran / passed;
}

/// The load, alone and with a watcher.
[[nodiscard]] result<void> measure_load(const measure_setting& with, const load_options& load,
                                        client& at, measurement& to) {
  const auto alone = run_load(with.work, load);
  if (!alone) return alone.error();
  to.add_load(*alone, "commands, nobody looks");
  result<load_result> looked = fail(errc::internal, "not run");
  {
    const watcher one{at, load.endpoint};
    looked = run_load(with.work, load);
    if (one.failures() > 0) to.spoil(std::to_string(one.failures()) + " looks failed");
  }
  if (!looked) return looked.error();
  to.add_load(*looked, "commands, top every 2 s");
  to.add("throughput lost to a watcher", "%",
         100.0 * (1.0 - looked->per_second() / std::max(alone->per_second(), 1.0)));
  return {};
}

/// How soon `top` answers, the first look of each order and the second, which has a window.
[[nodiscard]] result<void> measure_answers(client& at, const std::string& endpoint,
                                           measurement& to) {
  for (const char* by : {"mailbox", "rate", "p99", "restarts", "memory", "growth"}) {
    double slowest = 0;
    for (int i = 0; i < 5; ++i) {
      pass_time(milliseconds{200}); // the sample of before is not fresh any more
      const auto began = steady_clock::now();
      const auto said = look(at, endpoint, by);
      const std::chrono::duration<double, std::milli> took = steady_clock::now() - began;
      if (!said) return said.error();
      slowest = std::max(slowest, took.count());
    }
    to.add(std::string{"top by "} + by + ": slowest of 5 answers", "ms", slowest);
  }
  return {};
}

} // namespace

result<void> measure_inspection(const measure_setting& with, const target_node& node,
                                measurement& to) {
  if (!node.process.known())
    return fail(errc::malformed, "the node's process is not known: give --node-pid or --start");
  client_options options;
  options.endpoints = {node.endpoint};
  options.deadline = std::chrono::seconds{10};
  auto at = client::connect(std::move(options));
  if (!at) return at.error();
  auto load = load_of(with, node);
  auto filling = load; // every aggregate is resident before anything is measured
  filling.calls = static_cast<std::uint64_t>(load.aggregates);
  const auto filled = run_load(with.work, filling);
  if (!filled) return filled.error();
  to.add_errors(*filled);
  for (std::uint32_t run = 0; run < with.options.runs; ++run) {
    with.progress("run " + std::to_string(run + 1) + " of " + std::to_string(with.options.runs));
    load.seed = run + 1;
    if (auto done = measure_load(with, load, *at, to); !done) return done;
    pass_time(settling);
    const auto idle = percent_of_core(node.process, watched);
    double busy = 0;
    {
      const watcher one{*at, node.endpoint};
      busy = percent_of_core(node.process, watched);
      if (one.failures() > 0) to.spoil(std::to_string(one.failures()) + " looks failed");
    }
    to.add("node at rest", "% of a core", idle);
    to.add("node at rest, top every 2 s", "% of a core", busy);
    if (auto done = measure_answers(*at, node.endpoint, to); !done) return done;
    const auto said = look(*at, node.endpoint, "mailbox");
    if (!said) return said.error();
    if (const auto* held = said->find("residents"))
      if (const auto* residents = held->get_if<std::int64_t>())
        to.add("resident actors", "", static_cast<double>(*residents));
  }
  return {};
}

} // namespace troupe::bench
