#pragma once

#include <chrono>

namespace troupe {

/// Loads what a dump needs, so that one can be made when the process is ill. Any thread, any number
/// of times.
void prepare_stack_dumps();

/// Writes the stack of a thread of this process to stderr: the thread is interrupted by a signal
/// and does it itself, with nothing but what signal handlers may do. Returns when that is done, or
/// false after `patience`: the thread is gone, or in the kernel's hands. One at a time.
[[nodiscard]] bool dump_stack(int thread_id, std::chrono::milliseconds patience);

} // namespace troupe
