#include "bench/open_loop.hpp"

#include "bench/process.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <utility>

namespace troupe::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds pace{1};
constexpr milliseconds look_every{100};
constexpr milliseconds grace{1'000};              ///< after the deadline of the last call
constexpr std::uint32_t calls_open_max = 262'144; ///< of one client; those over it count as refused

[[nodiscard]] bool is_refusal(errc code) {
  return code == errc::overloaded || code == errc::rate_limited || code == errc::circuit_open ||
         code == errc::callee_failed;
}

[[nodiscard]] bool is_late(errc code) {
  return code == errc::timeout || code == errc::deadline_exceeded || code == errc::ask_timeout ||
         code == errc::outcome_unknown;
}

class open_loop {
public:
  open_loop(const open_call& call, const open_loop_options& options)
      : call_(call), options_(options) {}

  [[nodiscard]] result<void> connect() {
    client_options link;
    link.endpoints = {options_.endpoint};
    link.deadline = options_.deadline;
    link.attempts_max = options_.attempts_max;
    link.in_flight_max = calls_open_max;
    link.name = "troupe bench";
    for (std::uint32_t number = 0; number < options_.connections; ++number) {
      auto made = client::connect(link);
      if (!made) return made.error();
      links_.push_back(std::move(made).value());
      call_options hello;
      hello.deadline = milliseconds{10'000};
      if (const auto served = links_.back().contexts(hello).get(); !served) return served.error();
    }
    return {};
  }

  [[nodiscard]] open_loop_result run() {
    begun_ = steady_clock::now();
    const auto end = begun_ + options_.duration;
    auto looked = begun_;
    for (std::uint32_t i = 0; i < options_.in_flight; ++i)
      make_call();
    for (auto now = begun_; now < end; now = steady_clock::now()) {
      if (options_.in_flight == 0) {
        const std::chrono::duration<double> passed = now - begun_;
        const auto due = static_cast<std::uint64_t>(passed.count() * options_.per_second);
        while (made_.load() < due && steady_clock::now() < end)
          make_call();
      }
      if (options_.look && now - looked >= look_every) {
        looked = now;
        options_.look();
      }
      pass_time(pace);
    }
    over_.store(true);
    const auto ended = steady_clock::now();
    while (open_.load() > 0 && steady_clock::now() < ended + options_.deadline + grace)
      pass_time(pace);
    open_loop_result sum = std::move(result_);
    sum.seconds = std::chrono::duration<double>(ended - begun_).count();
    sum.offered = made_.load();
    for (const auto& link : links_) {
      const auto counted = link.counters();
      sum.sent.calls += counted.calls;
      sum.sent.retries += counted.retries;
      sum.sent.budget_refusals += counted.budget_refusals;
    }
    links_.clear(); // no callback runs after this
    return sum;
  }

private:
  void make_call() {
    const auto number = made_.fetch_add(1);
    open_.fetch_add(1);
    call_options options;
    options.deadline = options_.deadline;
    call_(links_[number % links_.size()], number, std::move(options),
          [this, began = steady_clock::now()](const result<call_reply>& reply) {
            ended(began, reply);
          });
  }

  void ended(steady_clock::time_point began, const result<call_reply>& reply) {
    count(steady_clock::now() - began, reply);
    // In a closed loop a call that was refused at once by the client itself would come back here
    // without end; its window is far below that bound.
    if (options_.in_flight > 0 && !over_.load(std::memory_order_relaxed)) make_call();
    open_.fetch_sub(1);
  }

  void count(std::chrono::nanoseconds took, const result<call_reply>& reply) {
    const std::lock_guard lock{mutex_};
    if (over_.load(std::memory_order_relaxed) && options_.in_flight > 0) return;
    if (reply.ok()) {
      if (took > options_.deadline) {
        ++result_.late;
      } else {
        ++result_.in_time;
        result_.latency_ns.record(static_cast<std::uint64_t>(took.count()));
      }
      return;
    }
    const auto& why = reply.error();
    if (is_refusal(why.code)) {
      ++result_.refused;
    } else if (is_late(why.code)) {
      ++result_.late;
    } else {
      ++result_.others[std::string{why.shown_code()}];
      if (result_.first_other.empty()) result_.first_other = why.message;
    }
  }

  const open_call& call_;
  const open_loop_options& options_;
  std::deque<client> links_;
  steady_clock::time_point begun_;
  std::atomic<std::uint64_t> made_{0};
  std::atomic<std::uint64_t> open_{0};
  std::atomic<bool> over_{false};
  std::mutex mutex_; ///< of what follows
  open_loop_result result_;
};

} // namespace

result<open_loop_result> run_open_loop(const open_call& call, const open_loop_options& options) {
  if (options.connections == 0 || (options.in_flight == 0 && options.per_second <= 0))
    return fail(errc::malformed, "an open loop needs a connection and a rate");
  open_loop load{call, options};
  if (auto connected = load.connect(); !connected) return connected.error();
  return load.run();
}

} // namespace troupe::bench
