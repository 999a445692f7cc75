#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace troupe::bench {

/// Number of a process of this machine; 0: not known.
struct process_id {
  int value = 0;
  [[nodiscard]] bool known() const { return value > 0; }
};

/// User and system time of a process since its start, in ticks of 10 ms; nothing if there is no
/// such process.
[[nodiscard]] std::optional<std::chrono::microseconds> cpu_of(process_id process);
/// The same of this process, exact.
[[nodiscard]] std::chrono::microseconds cpu_of_self();

/// Resident memory of a process.
[[nodiscard]] std::optional<std::uint64_t> resident_bytes(process_id process);

/// What the threads of a process did, exact to the nanosecond; threads that ended are not counted.
struct activity {
  std::chrono::nanoseconds running{0};
  std::uint64_t wakeups = 0; ///< how often one went to sleep by itself, and so was woken
};
[[nodiscard]] std::optional<activity> activity_of(process_id process);

/// Lets time pass. Benchmarks wait for time itself, not for a condition.
void pass_time(std::chrono::milliseconds time);

} // namespace troupe::bench
