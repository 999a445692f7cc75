#pragma once

#include "seams/clock.hpp"
#include "seams/random.hpp"
#include "supervisors/breaker.hpp"

#include <chrono>
#include <cstdint>
#include <memory>

namespace troupe::test {

using std::chrono::milliseconds;

/// A breaker with its simulated time, and the steps that its tests are told in.
struct breaker_driver {
  explicit breaker_driver(breaker_settings settings = {}, std::uint64_t seed = 1)
      : machine(settings, std::make_unique<seeded_random>(seed)) {}

  [[nodiscard]] monotonic_time now() const { return time.monotonic(); }

  /// One call that ends at once; false if it was refused.
  bool call(ask_end how, milliseconds took = milliseconds{10}) {
    const auto permit = machine.admit(now());
    if (!permit) return false;
    machine.record(permit.value(), how, took, now());
    return true;
  }

  /// Fails calls until it opens.
  void break_open() {
    for (int call_number = 0; call_number < 20; ++call_number)
      call(ask_end::failure);
  }

  /// Moves to the moment from which probes may pass.
  void wait_until_probes_pass() {
    if (machine.open_until() > now())
      time.advance(std::chrono::ceil<milliseconds>(machine.open_until() - now()));
  }

  /// Ten probes that end well.
  void heal() {
    wait_until_probes_pass();
    for (int probe = 0; probe < 10; ++probe)
      call(ask_end::success);
  }

  simulated_clock time;
  breaker machine;
};

} // namespace troupe::test
