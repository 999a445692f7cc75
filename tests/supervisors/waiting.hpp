#pragma once

#include <chrono>
#include <thread>

namespace troupe::test {

/// Whether `done` becomes true before a generous deadline.
template <class Done> [[nodiscard]] bool eventually(Done done) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (!done()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

} // namespace troupe::test
