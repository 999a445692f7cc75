#include "bench/story_run.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <queue>
#include <vector>

namespace troupe::bench {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds pause_after_error{10};
constexpr milliseconds stall_max{60'000}; ///< without anything that happens: given up
constexpr milliseconds look_around{100};  ///< whether it stalls
constexpr milliseconds connect_max{3000};
constexpr milliseconds ending_max{60'000}; ///< for the last stories; each waits less by itself
constexpr std::uint64_t errors_max = 10'000;

enum class phase : std::uint8_t { warm_up, measuring, finishing };

struct connection {
  std::optional<client> link;
  tally figures;
};

class story_run final : public stage {
public:
  story_run(scenario& from, const story_options& options) : scenario_(from), options_(options) {}

  [[nodiscard]] result<void> connect();
  [[nodiscard]] story_result run();

  [[nodiscard]] bool measuring() const override {
    return phase_.load(std::memory_order_relaxed) == phase::measuring;
  }
  [[nodiscard]] milliseconds patience() const override { return options_.patience; }
  void look_at(user& by, steady_clock::time_point when) override;
  void failed(user& by, std::string_view code, const std::string& message) override;
  void ended(user& by) override;

private:
  /// A user that goes on at some time: looks again, or begins anew after a failure.
  struct appointment {
    steady_clock::time_point when;
    user* who;
    bool anew;
    bool operator>(const appointment& other) const { return when > other.when; }
  };

  void begin(user& by);
  void appoint(const appointment& next);
  /// Keeps appointments until `end`, or earlier if all users rest or the run is given up.
  void drive_until(steady_clock::time_point end);
  void keep(const appointment& due);
  [[nodiscard]] bool all_rest() const { return resting_ == users_.size(); }
  [[nodiscard]] story_result sum_up();

  scenario& scenario_;
  const story_options& options_;
  std::deque<connection> connections_;
  std::deque<user> users_;
  std::atomic<phase> phase_{phase::warm_up};
  std::atomic<std::uint64_t> begun_{0};
  std::atomic<std::uint64_t> told_{0};
  std::atomic<std::uint64_t> events_{0}; ///< whatever shows that the run does not stall
  std::atomic<std::size_t> resting_{0};  ///< users that ended for good

  std::mutex mutex_; ///< of all below
  std::condition_variable changed_;
  std::priority_queue<appointment, std::vector<appointment>, std::greater<>> appointments_;
  error_counts errors_;
  std::string first_error_;
  std::uint64_t errors_total_ = 0;
};

result<void> story_run::connect() {
  client_options link;
  link.endpoints = {options_.endpoint};
  link.deadline = options_.call_deadline;
  // An answered call may still be counted while its callback sends the next one.
  link.in_flight_max = 2 * options_.users + 64;
  link.name = "troupe bench";
  for (std::uint32_t number = 0; number < options_.connections; ++number) {
    auto made = client::connect(link);
    if (!made) return made.error();
    connections_.emplace_back().link.emplace(std::move(made).value());
    call_options hello;
    hello.deadline = std::min(connect_max, options_.call_deadline);
    const auto served = connections_.back().link->contexts(hello).get();
    if (!served) return served.error();
  }
  for (std::uint32_t number = 0; number < options_.users; ++number) {
    connection& on = connections_[number % connections_.size()];
    user& added =
        users_.emplace_back(*this, *on.link, on.figures, options_.seed * 1'000'003 + number);
    added.place = number;
  }
  return {};
}

story_result story_run::run() {
  const bool counting = options_.stories > 0;
  if (counting) phase_ = phase::measuring;
  auto measured_from = steady_clock::now();
  auto node_before = cpu_of(options_.node);
  auto self_before = cpu_of_self();
  for (user& each : users_)
    begin(each);
  if (counting) {
    drive_until(steady_clock::time_point::max());
  } else {
    drive_until(measured_from + options_.warm_up);
    node_before = cpu_of(options_.node);
    self_before = cpu_of_self();
    measured_from = steady_clock::now();
    phase_ = phase::measuring;
    drive_until(measured_from + options_.duration);
  }
  phase_ = phase::finishing;
  const std::chrono::duration<double> measured = steady_clock::now() - measured_from;
  const auto node_after = cpu_of(options_.node);
  const auto self_after = cpu_of_self();
  drive_until(steady_clock::now() + ending_max);

  auto sum = sum_up();
  sum.seconds = measured.count();
  if (sum.completed() > 0) {
    const auto per_story = [&](auto cpu) {
      return static_cast<double>(cpu.count()) / static_cast<double>(sum.completed());
    };
    if (node_before && node_after) sum.node_cpu_us = per_story(*node_after - *node_before);
    sum.client_cpu_us = per_story(self_after - self_before);
  }
  return sum;
}

story_result story_run::sum_up() {
  story_result sum;
  sum.all_ended = all_rest();
  // No callback runs after this, so that everything can be read.
  for (connection& each : connections_)
    each.link.reset();
  for (const connection& each : connections_)
    sum.figures.add(each.figures);
  sum.errors = errors_;
  sum.first_error = first_error_;
  sum.told = told_;
  return sum;
}

void story_run::begin(user& by) {
  const std::uint64_t limit = options_.stories > 0 ? options_.stories : stories_max;
  if (phase_ != phase::finishing && begun_.fetch_add(1) < limit)
    return by.begin(scenario_.tell(by));
  by.forget();
  if (++resting_ < users_.size()) return;
  const std::lock_guard lock{mutex_};
  changed_.notify_all();
}

void story_run::ended(user& by) {
  told_.fetch_add(1, std::memory_order_relaxed);
  events_.fetch_add(1, std::memory_order_relaxed);
  begin(by);
}

void story_run::look_at(user& by, steady_clock::time_point when) {
  appoint({when, &by, false});
}

void story_run::failed(user& by, std::string_view code, const std::string& message) {
  {
    const std::lock_guard lock{mutex_};
    if (first_error_.empty()) first_error_ = message;
    ++errors_[std::string{code}];
    ++errors_total_;
  }
  // Not begun anew from here: a client that fails at once would call back without end.
  appoint({steady_clock::now() + pause_after_error, &by, true});
}

void story_run::appoint(const appointment& next) {
  events_.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock{mutex_};
  const bool earliest = appointments_.empty() || next.when < appointments_.top().when;
  appointments_.push(next);
  if (earliest) changed_.notify_all();
}

void story_run::drive_until(steady_clock::time_point end) {
  auto seen = events_.load();
  auto seen_at = steady_clock::now();
  std::unique_lock lock{mutex_};
  for (;;) {
    const auto now = steady_clock::now();
    if (events_ != seen) {
      seen = events_;
      seen_at = now;
    }
    if (now >= end || now - seen_at >= stall_max || all_rest()) return;
    // The last stories are waited for all the same: their calls must not outlive the users.
    if (errors_total_ >= errors_max && phase_ != phase::finishing) return;
    if (!appointments_.empty() && appointments_.top().when <= now) {
      const appointment due = appointments_.top();
      appointments_.pop();
      lock.unlock();
      keep(due);
      lock.lock();
      continue;
    }
    auto until = std::min(end, now + look_around);
    if (!appointments_.empty()) until = std::min(until, appointments_.top().when);
    changed_.wait_until(lock, until);
  }
}

void story_run::keep(const appointment& due) {
  if (due.anew) return begin(*due.who);
  due.who->look();
}

} // namespace

result<story_result> run_stories(scenario& from, const story_options& options) {
  if (options.connections == 0 || options.users < options.connections)
    return fail(errc::malformed, "at least one user per connection");
  if (options.stories > stories_max)
    return fail(errc::malformed, "at most " + std::to_string(stories_max) + " stories");
  story_run run{from, options};
  if (auto connected = run.connect(); !connected) return connected.error();
  return run.run();
}

} // namespace troupe::bench
