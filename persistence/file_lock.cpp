#include "persistence/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace troupe {

namespace {

/// What the holder wrote; empty in the moment between its locking and its writing.
std::string holder_of(int file) {
  std::array<char, 256> text{};
  const ssize_t bytes = ::pread(file, text.data(), text.size(), 0);
  if (bytes <= 0) return "another process";
  std::string_view holder{text.data(), static_cast<std::size_t>(bytes)};
  holder = holder.substr(0, holder.find('\n'));
  return holder.empty() ? std::string{"another process"} : std::string{holder};
}

} // namespace

file_lock& file_lock::operator=(file_lock&& other) noexcept {
  if (this != &other) {
    release();
    file_ = std::exchange(other.file_, -1);
  }
  return *this;
}

result<file_lock> file_lock::take(const std::filesystem::path& path, std::string_view what,
                                  std::string_view node) {
  file_lock lock;
  lock.file_ = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock.file_ < 0)
    return fail(errc::storage_failed, "cannot open " + path.string() + ": " + std::strerror(errno));
  if (::flock(lock.file_, LOCK_EX | LOCK_NB) != 0) {
    const int why = errno;
    if (why != EWOULDBLOCK)
      return fail(errc::storage_failed, "cannot lock " + path.string() + ": " + std::strerror(why));
    const std::string holder = holder_of(lock.file_);
    ::close(std::exchange(lock.file_, -1)); // not release(): the holder's name stays
    return fail(errc::storage_locked, std::string{what} + " is already open by " + holder);
  }
  const std::string holder =
      "node " + std::string{node} + " (pid " + std::to_string(::getpid()) + ")\n";
  // Only people read it, and a full disk must not keep a journal from being opened for reading.
  const bool named =
      ::ftruncate(lock.file_, 0) == 0 && ::pwrite(lock.file_, holder.data(), holder.size(), 0) >= 0;
  (void)named;
  return lock;
}

void file_lock::release() {
  if (file_ < 0) return;
  const bool cleared = ::ftruncate(file_, 0) == 0;
  (void)cleared;
  ::close(std::exchange(file_, -1));
}

} // namespace troupe
