#pragma once

#include <chrono>
#include <cstdint>

namespace troupe {

/// Processor time that this process has used so far, of all its threads.
[[nodiscard]] std::chrono::nanoseconds process_cpu_time();
/// Memory of this process that is in RAM; 0 if the system does not say.
[[nodiscard]] std::uint64_t process_resident_bytes();
/// File descriptors of this process that are open; 0 if the system does not say.
[[nodiscard]] std::uint64_t process_open_files();
/// File descriptors that it may have open.
[[nodiscard]] std::uint64_t process_files_max();

} // namespace troupe
