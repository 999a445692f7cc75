#include "persistence/file_watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace troupe {

namespace {

/// A notification can be missed only if the file was replaced behind everybody's back.
constexpr std::chrono::milliseconds notified_interval{1000};
constexpr std::chrono::milliseconds look_interval{10};

int watch(const std::filesystem::path& file) {
  const int notices = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (notices < 0) return -1;
  if (::inotify_add_watch(notices, file.c_str(), IN_MODIFY) >= 0) return notices;
  ::close(notices);
  return -1;
}

void drain(int fd) {
  std::array<char, 4096> ignored{};
  while (::read(fd, ignored.data(), ignored.size()) > 0) {
  }
}

} // namespace

file_watch::file_watch(const std::filesystem::path& file)
    : notices_(watch(file)), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (wake_ >= 0) return;
  const int why = errno;
  if (notices_ >= 0) ::close(notices_);
  throw std::system_error(why, std::generic_category(), "eventfd");
}

file_watch::~file_watch() {
  if (notices_ >= 0) ::close(notices_);
  ::close(wake_);
}

bool file_watch::wait(std::chrono::milliseconds at_most) {
  const auto most = std::min(at_most, notices_ >= 0 ? notified_interval : look_interval);
  std::array<pollfd, 2> watched{pollfd{wake_, POLLIN, 0}, pollfd{notices_, POLLIN, 0}};
  (void)::poll(watched.data(), watched.size(),
               static_cast<int>(std::max(most, std::chrono::milliseconds{0}).count()));
  if (notices_ >= 0) drain(notices_);
  std::uint64_t rung = 0;
  return ::read(wake_, &rung, sizeof rung) != static_cast<ssize_t>(sizeof rung);
}

void file_watch::interrupt() const {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the sleeper is being woken anyway.
  [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
}

} // namespace troupe
