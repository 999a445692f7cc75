#include "net/transport/wake_fd.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace troupe {

wake_fd::wake_fd() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

wake_fd::~wake_fd() {
  ::close(fd_);
}

void wake_fd::ring() const {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the sleeper is being woken anyway.
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

void wake_fd::clear() const {
  std::uint64_t rung = 0;
  // Fails only when nobody rang, which is what the caller wants.
  [[maybe_unused]] const auto taken = ::read(fd_, &rung, sizeof rung);
}

} // namespace troupe
