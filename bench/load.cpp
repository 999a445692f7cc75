#include "bench/load.hpp"

#include "net/sdk/troupe/client.hpp"
#include "seams/random.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace troupe::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds pause_after_error{10};
constexpr milliseconds stall_max{60'000}; ///< without any answer: given up
constexpr milliseconds connect_max{3000};
constexpr std::uint64_t errors_max = 10'000;

enum class phase : std::uint8_t { warm_up, measuring, finishing };

class load_run;

/// One client and what its answers add up to; written by the client's own thread.
struct connection {
  std::optional<client> link;
  histogram latency_ns;
};

/// One caller of the closed loop: at most one call is open.
struct caller {
  load_run* run = nullptr;
  connection* on = nullptr;
  seeded_random random{0};
  steady_clock::time_point began;
  aggregate_id target;
};

class load_run {
public:
  load_run(const workload& work, const load_options& options) : work_(work), options_(options) {}

  [[nodiscard]] result<void> connect();
  [[nodiscard]] load_result run();
  void answered(caller& by, result<call_reply> reply);

private:
  [[nodiscard]] std::optional<std::chrono::microseconds> nodes_cpu() const;
  void start_callers();
  void call(caller& by);
  void failed(caller& by, const std::string& code, const std::string& message);
  [[nodiscard]] bool right(const caller& by, const call_reply& reply) const;
  [[nodiscard]] std::optional<aggregate_id> next_target(caller& by);
  /// Waits until `end`, or earlier if all calls are done or the run is given up.
  void drive_until(steady_clock::time_point end);
  void resume_paused();
  void finish();

  const workload& work_;
  const load_options& options_;
  std::deque<connection> connections_;
  std::deque<caller> callers_;
  std::atomic<phase> phase_{phase::warm_up};
  std::atomic<std::uint64_t> begun_{0};
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<std::size_t> resting_{0}; ///< callers that ended for good

  std::mutex mutex_; ///< of all below
  std::condition_variable changed_;
  std::vector<caller*> paused_;
  error_counts errors_;
  std::string first_error_;
  std::uint64_t errors_total_ = 0;
};

result<void> load_run::connect() {
  client_options link;
  link.endpoints = {options_.endpoint};
  link.deadline = options_.call_deadline;
  // An answered call may still be counted while its callback sends the next one.
  link.in_flight_max = 2 * options_.in_flight + 64;
  link.name = "troupe bench";
  for (std::uint32_t number = 0; number < options_.connections; ++number) {
    auto made = client::connect(link);
    if (!made) return made.error();
    connections_.emplace_back().link.emplace(std::move(made).value());
    // Connected before the time starts, and a wrong endpoint is found out here.
    call_options hello;
    hello.deadline = std::min(connect_max, options_.call_deadline);
    const auto served = connections_.back().link->contexts(hello).get();
    if (!served) return served.error();
  }
  return {};
}

/// Of all nodes together; nothing if that of one is not known.
std::optional<std::chrono::microseconds> load_run::nodes_cpu() const {
  auto sum = cpu_of(options_.node);
  for (const auto each : options_.other_nodes) {
    const auto more = cpu_of(each);
    if (!sum || !more) return std::nullopt;
    *sum += *more;
  }
  return sum;
}

load_result load_run::run() {
  const auto start = steady_clock::now();
  const bool counting = options_.calls > 0;
  if (counting) phase_ = phase::measuring;
  auto measured_from = start;
  auto node_before = nodes_cpu();
  auto self_before = cpu_of_self();
  start_callers();
  if (counting) {
    drive_until(steady_clock::time_point::max());
  } else {
    drive_until(start + options_.warm_up);
    node_before = nodes_cpu();
    self_before = cpu_of_self();
    measured_from = steady_clock::now();
    phase_ = phase::measuring;
    drive_until(measured_from + options_.duration);
  }
  phase_ = phase::finishing;
  const auto measured_to = steady_clock::now();
  const auto node_after = nodes_cpu();
  const auto self_after = cpu_of_self();
  finish();

  load_result sum;
  sum.seconds = std::chrono::duration<double>(measured_to - measured_from).count();
  for (const connection& each : connections_)
    sum.latency_ns.add(each.latency_ns);
  sum.completed = sum.latency_ns.count();
  sum.errors = errors_;
  sum.first_error = first_error_;
  if (sum.completed > 0) {
    const auto per_call = [&](auto cpu) {
      return static_cast<double>(cpu.count()) / static_cast<double>(sum.completed);
    };
    if (node_before && node_after) sum.node_cpu_us = per_call(*node_after - *node_before);
    sum.client_cpu_us = per_call(self_after - self_before);
  }
  return sum;
}

void load_run::start_callers() {
  for (std::uint32_t number = 0; number < options_.in_flight; ++number) {
    caller& added = callers_.emplace_back();
    added.run = this;
    added.on = &connections_[number % connections_.size()];
    added.random = seeded_random{options_.seed * 1'000'003 + number};
  }
  for (caller& each : callers_)
    call(each);
}

void load_run::call(caller& by) {
  const auto target = next_target(by);
  if (!target) {
    if (++resting_ == callers_.size()) {
      const std::lock_guard lock{mutex_};
      changed_.notify_all();
    }
    return;
  }
  by.target = *target;
  auto payload = work_.payload(by.target);
  auto done = [at = &by](result<call_reply> reply) { at->run->answered(*at, std::move(reply)); };
  by.began = steady_clock::now();
  if (work_.reads()) {
    by.on->link->get(work_.context, by.target, std::move(done));
  } else {
    by.on->link->send(work_.context, by.target, work_.command, std::move(payload), std::move(done));
  }
}

std::optional<aggregate_id> load_run::next_target(caller& by) {
  if (phase_ == phase::finishing) return std::nullopt;
  std::uint64_t place = 0;
  if (options_.calls > 0) {
    place = begun_.fetch_add(1);
    if (place >= options_.calls) return std::nullopt;
  } else {
    place = by.random.next();
  }
  place %= static_cast<std::uint64_t>(options_.aggregates);
  return aggregate_id{options_.first_id + static_cast<std::int64_t>(place) * options_.id_step};
}

void load_run::answered(caller& by, result<call_reply> reply) {
  const auto now = steady_clock::now();
  answered_.fetch_add(1, std::memory_order_relaxed);
  if (!reply) return failed(by, std::string{reply.error().shown_code()}, reply.error().message);
  if (!right(by, *reply)) return failed(by, wrong_answer, "the answer is not that of the call");
  if (phase_.load(std::memory_order_relaxed) == phase::measuring)
    by.on->latency_ns.record(static_cast<std::uint64_t>((now - by.began).count()));
  call(by);
}

bool load_run::right(const caller& by, const call_reply& reply) const {
  return reply.target == by.target && reply.seq > 0 && (work_.reads() || !reply.replayed);
}

void load_run::failed(caller& by, const std::string& code, const std::string& message) {
  // Not sent again from here: a client that fails at once would call back without end.
  const std::lock_guard lock{mutex_};
  if (first_error_.empty()) first_error_ = message;
  ++errors_[code];
  ++errors_total_;
  paused_.push_back(&by);
}

void load_run::drive_until(steady_clock::time_point end) {
  auto seen = answered_.load();
  auto seen_at = steady_clock::now();
  for (;;) {
    const auto now = steady_clock::now();
    if (answered_ != seen) {
      seen = answered_;
      seen_at = now;
    }
    if (now >= end || now - seen_at >= stall_max || resting_ == callers_.size()) return;
    {
      std::unique_lock lock{mutex_};
      if (errors_total_ >= errors_max) return;
      changed_.wait_until(lock, std::min(end, now + pause_after_error),
                          [this] { return resting_ == callers_.size(); });
    }
    resume_paused();
  }
}

void load_run::resume_paused() {
  std::vector<caller*> resumed;
  {
    const std::lock_guard lock{mutex_};
    resumed.swap(paused_);
  }
  for (caller* each : resumed)
    call(*each);
}

void load_run::finish() {
  // Open calls may end in peace; each has its own deadline.
  const auto end = steady_clock::now() + options_.call_deadline + milliseconds{1000};
  while (resting_ < callers_.size() && steady_clock::now() < end) {
    resume_paused();
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, pause_after_error, [this] { return resting_ == callers_.size(); });
  }
  // No callback runs after this, so that the counts can be read.
  for (connection& each : connections_)
    each.link.reset();
}

} // namespace

result<load_result> run_load(const workload& work, const load_options& options) {
  if (options.connections == 0 || options.in_flight < options.connections)
    return fail(errc::malformed, "at least one call in flight per connection");
  if (options.aggregates < 1) return fail(errc::malformed, "at least one aggregate");
  load_run run{work, options};
  if (auto connected = run.connect(); !connected) return connected.error();
  return run.run();
}

} // namespace troupe::bench
