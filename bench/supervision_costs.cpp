#include "bench/supervision_costs.hpp"

#include "seams/clock.hpp"
#include "seams/random.hpp"
#include "supervisors/rules.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace troupe::bench {

namespace {

using std::chrono::steady_clock;

constexpr std::uint32_t checks = 1'000'000; ///< of one figure: tenths of a second
constexpr std::chrono::milliseconds timeout{610};
constexpr std::chrono::milliseconds answered{20};
constexpr std::chrono::microseconds between_calls{10}; ///< by the clock that is handed in

[[nodiscard]] double nanoseconds_each(steady_clock::time_point since, std::uint32_t done) {
  const std::chrono::duration<double, std::nano> took = steady_clock::now() - since;
  return took.count() / done;
}

[[nodiscard]] ask_direction measured_direction() {
  return {"bench.caller", "bench.callee", "n1", operation_class::query};
}

/// Calls that pass and end well. The time is handed in, as a lane does once a round, so that no
/// reading of a clock is measured.
void pass(ask_guard& guard, std::uint32_t calls, monotonic_time now) {
  for (std::uint32_t call = 0; call < calls; ++call) {
    now += between_calls;
    if (const auto permit = guard.admit(now)) guard.done(*permit, ask_end::success, answered, now);
  }
}

[[nodiscard]] double one_thread(ask_guard& guard) {
  const auto begin = steady_clock::now();
  pass(guard, checks, monotonic_time{});
  return nanoseconds_each(begin, checks);
}

/// Both lanes of a node with two ask the same: each call's time, as one of them sees it.
[[nodiscard]] double two_threads(ask_guard& guard) {
  const auto begin = steady_clock::now();
  std::thread other{[&guard] { pass(guard, checks, monotonic_time{}); }};
  pass(guard, checks, monotonic_time{});
  other.join();
  return nanoseconds_each(begin, checks);
}

/// As a shard asks: the guard is looked up by its direction first.
[[nodiscard]] double with_lookup(default_supervision_rules& rules) {
  const auto begin = steady_clock::now();
  for (std::uint32_t call = 0; call < checks; ++call)
    pass(*rules.guard(measured_direction(), timeout), 1, monotonic_time{});
  return nanoseconds_each(begin, checks);
}

[[nodiscard]] result<double> fail_fast(ask_guard& guard) {
  const monotonic_time now{};
  for (auto permit = guard.admit(now); permit; permit = guard.admit(now))
    guard.done(*permit, ask_end::failure, answered, now);
  std::uint32_t refused = 0;
  const auto begin = steady_clock::now();
  for (std::uint32_t call = 0; call < checks; ++call)
    refused += guard.admit(now).ok() ? 0 : 1;
  const auto each = nanoseconds_each(begin, checks);
  if (refused != checks) return fail(errc::internal, "an open breaker let a call pass");
  return each;
}

/// A breaker's part of a call.
[[nodiscard]] result<void> measure_breaker(measurement& to) {
  default_supervision_rules rules{std::make_unique<seeded_random>(1)};
  const auto guard = rules.guard(measured_direction(), timeout);
  to.add("breaker: check of a call", "ns", one_thread(*guard));
  to.add("breaker: two threads share it", "ns", two_threads(*guard));
  to.add("breaker: looked up and checked", "ns", with_lookup(rules));
  const auto refusal = fail_fast(*guard);
  if (!refusal) return refusal.error();
  to.add("breaker: refusal while open", "ns", *refusal);
  return {};
}

} // namespace

result<void> measure_supervision(const measure_setting& with, measurement& to) {
  for (std::uint32_t run = 0; run < with.options.runs; ++run) {
    with.progress("run " + std::to_string(run + 1) + " of " + std::to_string(with.options.runs));
    if (auto measured = measure_breaker(to); !measured) return measured;
  }
  return {};
}

} // namespace troupe::bench
