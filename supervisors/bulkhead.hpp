#pragma once

#include <cstdint>

namespace troupe {

/// Bounds the calls in flight from one context to another, without a queue: whoever comes when all
/// places are taken is refused at once. A limit must exceed the offered rate times the service time
/// (Little's law), else the bulkhead refuses callers of a healthy callee.
///
/// Owned by a guard and protected by its mutex; not thread-safe itself.
class bulkhead {
public:
  static constexpr std::uint32_t limit_default = 128;

  explicit bulkhead(std::uint32_t limit = limit_default) : limit_(limit) {}

  /// Takes a place; false if there is none.
  [[nodiscard]] bool enter() {
    if (in_flight_ >= limit_) {
      ++refused_;
      return false;
    }
    ++in_flight_;
    return true;
  }

  /// Gives a place back; one without `enter` before it is ignored.
  void leave() {
    if (in_flight_ > 0) --in_flight_;
  }

  [[nodiscard]] std::uint32_t limit() const { return limit_; }
  [[nodiscard]] std::uint32_t in_flight() const { return in_flight_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; } ///< since it was made

private:
  std::uint32_t limit_;
  std::uint32_t in_flight_ = 0;
  std::uint64_t refused_ = 0;
};

} // namespace troupe
