#include "supervisors/stack_dump.hpp"

#include "seams/clock.hpp"

#include <execinfo.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <mutex>

namespace troupe {
namespace {

constexpr int frames_max = 96;

sem_t dumped;

int dump_signal() {
  return SIGRTMIN + 5; // nothing else of the process uses it
}

void dump_own_stack(int) {
  const int before = errno;
  std::array<void*, frames_max> frames{};
  const int found = ::backtrace(frames.data(), frames_max);
  ::backtrace_symbols_fd(frames.data(), found, STDERR_FILENO);
  ::sem_post(&dumped);
  errno = before;
}

} // namespace

void prepare_stack_dumps() {
  static std::once_flag once;
  std::call_once(once, [] {
    ::sem_init(&dumped, 0, 0);
    std::array<void*, 1> any{};
    (void)::backtrace(any.data(), 1); // loads the unwinder, which a signal handler must not do
    struct sigaction action {};
    action.sa_handler = dump_own_stack;
    action.sa_flags = SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(dump_signal(), &action, nullptr);
  });
}

bool dump_stack(int thread_id, std::chrono::milliseconds patience) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock{one_at_a_time};
  prepare_stack_dumps();
  while (::sem_trywait(&dumped) == 0) { // of an earlier one that came too late
  }
  if (thread_id <= 0 || ::syscall(SYS_tgkill, ::getpid(), thread_id, dump_signal()) != 0)
    return false;
  const auto ns =
      std::chrono::nanoseconds{(real_clock().monotonic() + patience).time_since_epoch()}.count();
  const timespec until{static_cast<time_t>(ns / 1'000'000'000),
                       static_cast<long>(ns % 1'000'000'000)};
  int waited = 0;
  do {
    waited = ::sem_clockwait(&dumped, CLOCK_MONOTONIC, &until);
  } while (waited != 0 && errno == EINTR);
  return waited == 0;
}

} // namespace troupe
