#pragma once

#include "net/transport/wake_fd.hpp"

#include <atomic>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

namespace troupe {

/// Hands items from any thread to one consumer thread that sleeps in poll.
///
/// The descriptor is rung only when the consumer said that it sleeps: under load a hand-over is a
/// lock and a move, no system call. The bound is the producers' (in-flight limits), not this
/// class's.
template <class T> class handover {
public:
  void push(T item) {
    bool ring = false;
    {
      const std::lock_guard lock{mutex_};
      items_.push_back(std::move(item));
      ring = note_arrival();
    }
    if (ring) bell_.ring();
  }

  /// Takes everything out of `batch`; its memory may be swapped for older memory.
  void push_all(std::vector<T>& batch) {
    if (batch.empty()) return;
    bool ring = false;
    {
      const std::lock_guard lock{mutex_};
      if (items_.empty()) {
        items_.swap(batch);
      } else {
        items_.insert(items_.end(), std::make_move_iterator(batch.begin()),
                      std::make_move_iterator(batch.end()));
      }
      ring = note_arrival();
    }
    batch.clear();
    if (ring) bell_.ring();
  }

  /// Consumer: moves everything that waits into the empty vector `to`; false if there was nothing.
  [[nodiscard]] bool take(std::vector<T>& to) {
    if (!waiting_.load(std::memory_order_acquire)) return false;
    const std::lock_guard lock{mutex_};
    items_.swap(to);
    waiting_.store(false, std::memory_order_relaxed);
    return !to.empty();
  }

  /// Consumer: announces sleep; false if something waits, then it must not sleep.
  [[nodiscard]] bool may_sleep() {
    const std::lock_guard lock{mutex_};
    asleep_ = items_.empty();
    return asleep_;
  }

  /// Consumer: call after poll returned, whatever the reason. `rung`: the descriptor is readable.
  void woke(bool rung) {
    {
      const std::lock_guard lock{mutex_};
      asleep_ = false;
    }
    if (rung) bell_.clear();
  }

  /// Wakes the consumer without an item.
  void nudge() {
    {
      const std::lock_guard lock{mutex_};
      asleep_ = false;
    }
    bell_.ring();
  }

  [[nodiscard]] int fd() const { return bell_.fd(); }

private:
  bool note_arrival() {
    waiting_.store(true, std::memory_order_release);
    return std::exchange(asleep_, false);
  }

  wake_fd bell_;
  std::mutex mutex_;
  std::vector<T> items_;
  bool asleep_ = false;
  std::atomic<bool> waiting_{false};
};

} // namespace troupe
