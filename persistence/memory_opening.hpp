#pragma once

#include <mutex>
#include <string>

namespace troupe {

/// Who has a piece of memory storage open: one opener at a time, on whatever thread.
class memory_opening {
public:
  [[nodiscard]] bool claim(const std::string& node) {
    const std::scoped_lock held{mutex_};
    if (claimed_) return false;
    claimed_ = true;
    node_ = node;
    return true;
  }
  void release() {
    const std::scoped_lock held{mutex_};
    claimed_ = false;
  }
  [[nodiscard]] std::string holder() const {
    const std::scoped_lock held{mutex_};
    return node_;
  }

private:
  mutable std::mutex mutex_;
  bool claimed_ = false;
  std::string node_;
};

} // namespace troupe
