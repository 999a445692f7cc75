#pragma once

namespace troupe {

/// A file descriptor that wakes a thread sleeping in poll. Owned by the sleeper; any thread rings.
class wake_fd {
public:
  wake_fd();
  ~wake_fd();
  wake_fd(const wake_fd&) = delete;
  wake_fd& operator=(const wake_fd&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  void ring() const;
  /// Makes the descriptor unreadable again.
  void clear() const;

private:
  int fd_;
};

} // namespace troupe
