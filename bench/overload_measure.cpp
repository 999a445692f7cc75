#include "bench/measures.hpp"
#include "bench/open_loop.hpp"
#include "messages/taxi.hpp"

#include <algorithm>
#include <array>
#include <string>

/// What becomes of a node that is asked for far more than it can do: how much of it is still done
/// in time, what that costs in memory, and whether everything is as before when it is over.
namespace troupe::bench {

namespace {

using std::chrono::milliseconds;

/// Calls open while the peak is sought: below the 128 asks that may be open between two contexts.
constexpr std::array<std::uint32_t, 3> windows{16, 48, 112};
constexpr std::array<std::uint32_t, 4> multiples{1, 2, 5, 10};
constexpr milliseconds call_deadline{2'000};
constexpr milliseconds recovery{10'000};
constexpr std::size_t pace_runs = 3;
constexpr double mebibyte = 1024.0 * 1024.0;

/// A call for a taxi: two durable turns here and one at the payment, which is asked in between.
void call_taxi(client& over, std::uint64_t number, call_options options, client::callback done) {
  taxi::call_taxi command;
  command.customer_id = static_cast<std::int64_t>(number % 100'000) + 1;
  command.destination = "12 Harbour Street";
  command.cost = 1'500;
  over.send("taxi.call", {}, taxi::call_taxi::name, encoded(command), std::move(done),
            std::move(options));
}

/// The memory of a node as it was most.
class memory_watch {
public:
  explicit memory_watch(process_id of) : of_(of) {}
  void look() {
    if (const auto bytes = resident_bytes(of_)) most_ = std::max(most_, *bytes);
  }
  [[nodiscard]] double most_mib() const { return static_cast<double>(most_) / mebibyte; }

private:
  process_id of_;
  std::uint64_t most_ = 0;
};

[[nodiscard]] open_loop_options options_of(const measure_setting& with, const target_node& node) {
  open_loop_options how;
  how.endpoint = node.endpoint;
  how.connections = with.options.connections;
  how.duration = with.options.duration;
  how.deadline = call_deadline;
  return how;
}

[[nodiscard]] result<open_loop_result> run_closed(const measure_setting& with,
                                                  const target_node& node, std::uint32_t window,
                                                  double seconds, measurement& to) {
  auto how = options_of(with, node);
  how.in_flight = window;
  if (seconds > 0) how.duration = milliseconds{static_cast<std::int64_t>(seconds * 1'000)};
  auto got = run_open_loop(call_taxi, how);
  if (got) to.add_errors(got->others, got->first_other);
  return got;
}

/// The window with which a closed loop gets most out of the node.
[[nodiscard]] result<std::uint32_t> find_window(const measure_setting& with,
                                                const target_node& node, measurement& to) {
  double peak = 0;
  std::uint32_t best = 0;
  for (const auto window : windows) {
    with.progress("peak: " + std::to_string(window) + " calls open");
    const auto got = run_closed(with, node, window, 0, to);
    if (!got) return got.error();
    if (got->goodput() > peak) best = window;
    peak = std::max(peak, got->goodput());
  }
  if (best == 0) return fail(errc::internal, "the node answered nothing");
  return best;
}

/// What a closed loop gets out of the node at one moment: the median of several runs, because one
/// says little on a machine that has other things to do.
struct pace {
  double per_second = 0;
  std::uint64_t missed = 0; ///< refused or late
};
[[nodiscard]] result<pace> find_pace(const measure_setting& with, const target_node& node,
                                     std::uint32_t window, const std::string& when,
                                     measurement& to) {
  std::array<double, pace_runs> each{};
  pace found;
  for (std::size_t i = 0; i < each.size(); ++i) {
    with.progress(when + ": run " + std::to_string(i + 1) + " of " + std::to_string(each.size()));
    const auto got = run_closed(with, node, window, 0, to);
    if (!got) return got.error();
    each.at(i) = got->goodput();
    found.missed += got->refused + got->late;
  }
  std::sort(each.begin(), each.end());
  found.per_second = each.at(each.size() / 2);
  to.add(when + " (closed loop)", "1/s", found.per_second);
  return found;
}

/// Returns how many calls were answered.
[[nodiscard]] result<std::uint64_t> press(const measure_setting& with, const target_node& node,
                                          std::uint32_t times, double peak, measurement& to) {
  with.progress("offering " + std::to_string(times) + " times the peak");
  memory_watch memory{node.process};
  auto how = options_of(with, node);
  how.per_second = peak * times;
  how.look = [&memory] { memory.look(); };
  const auto got = run_open_loop(call_taxi, how);
  if (!got) return got.error();
  const std::string name = std::to_string(times) + "x";
  const auto share = [&](std::uint64_t part) {
    return 100.0 * static_cast<double>(part) /
           static_cast<double>(std::max<std::uint64_t>(got->offered, 1));
  };
  const auto ms = [&](double at) {
    return static_cast<double>(got->latency_ns.at_share(at)) / 1e6;
  };
  to.add(name + ", really offered", "1/s", static_cast<double>(got->offered) / got->seconds);
  to.add(name + ", answered in time", "1/s", got->goodput());
  to.add(name + ", in time, of the peak", "%", 100.0 * got->goodput() / peak);
  to.add(name + ", refused", "% of calls", share(got->refused));
  to.add(name + ", late", "% of calls", share(got->late));
  to.add(name + ", in time, p50", "ms", ms(0.5));
  to.add(name + ", in time, p99", "ms", ms(0.99));
  to.add(name + ", retries", "% of calls", share(got->sent.retries));
  if (node.process.known()) to.add(name + ", node's memory at most", "MiB", memory.most_mib());
  to.add_errors(got->others, got->first_other);
  return got->in_time;
}

double note_memory(const target_node& node, const std::string& when, measurement& to) {
  const auto bytes = static_cast<double>(resident_bytes(node.process).value_or(0));
  if (bytes > 0) to.add("node's memory " + when, "MiB", bytes / mebibyte);
  return bytes;
}

} // namespace

result<void> measure_overload(const measure_setting& with, const target_node& node,
                              measurement& to) {
  for (std::uint32_t run = 0; run < with.options.runs; ++run) {
    auto warm = options_of(with, node);
    warm.in_flight = windows.back();
    warm.duration = with.options.warm_up;
    if (const auto warmed = run_open_loop(call_taxi, warm); !warmed) return warmed.error();
    const auto window = find_window(with, node, to);
    if (!window) return window.error();
    const auto peak = find_pace(with, node, *window, "before", to);
    if (!peak) return peak.error();
    const double before = note_memory(node, "before", to);
    std::uint64_t answered = 0;
    for (const auto times : multiples) {
      const auto pressed = press(with, node, times, peak->per_second, to);
      if (!pressed) return pressed.error();
      answered += *pressed;
    }
    with.progress("ten seconds of quiet");
    pass_time(recovery);
    const double grown = note_memory(node, "10 s after", to) - before;
    if (before > 0 && answered > 0) // each is two aggregates and a row, which stay
      to.add("memory grown, per answered call", "bytes", grown / static_cast<double>(answered));
    const auto after = find_pace(with, node, *window, "10 s after", to);
    if (!after) return after.error();
    to.add("10 s after, of before", "%", 100.0 * after->per_second / peak->per_second);
    to.add("10 s after, refused or late", "calls", static_cast<double>(after->missed));
    // The node has more aggregates than before: how much of the difference is theirs?
    with.progress("as many calls in peace");
    const auto calm =
        run_closed(with, node, *window, static_cast<double>(answered) / peak->per_second, to);
    if (!calm) return calm.error();
    pass_time(recovery);
    const auto later = find_pace(with, node, *window, "after as many calls in peace", to);
    if (!later) return later.error();
    to.add("after as many calls in peace, of that", "%",
           100.0 * later->per_second / after->per_second);
  }
  to.remark("Workload: taxi callTaxi, which asks the payment: three durable turns and an ask.");
  return {};
}

} // namespace troupe::bench
