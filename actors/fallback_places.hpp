#pragma once

#include "seams/clock.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace troupe {

/// The declared fallbacks of one direction: bounds how many run at once, counts them, and says when
/// people should hear of them: of the first at once, of the others in one sentence a minute.
///
/// Thread-safe: the lanes of the asking context share it. Time comes in, nothing goes out.
class fallback_places {
public:
  /// As many as Hystrix lets run at once; whoever comes when all are taken gets the plain refusal.
  static constexpr std::uint32_t at_once_max = 10;
  static constexpr std::chrono::seconds summary_every{60};

  struct figures {
    std::uint32_t running = 0;
    std::uint64_t used = 0;    ///< since the start
    std::uint64_t refused = 0; ///< because all places were taken, since the start
    bool operator==(const figures&) const = default;
  };

  /// Takes a place; false if there is none.
  [[nodiscard]] bool enter() {
    const std::lock_guard lock{mutex_};
    if (figures_.running >= at_once_max) {
      ++figures_.refused;
      return false;
    }
    ++figures_.running;
    ++figures_.used;
    ++untold_;
    return true;
  }

  void leave() {
    const std::lock_guard lock{mutex_};
    if (figures_.running > 0) --figures_.running;
  }

  /// How many to tell of now: those since it was last told, if that is long enough ago; else none.
  [[nodiscard]] std::uint64_t to_tell(monotonic_time now) {
    const std::lock_guard lock{mutex_};
    if (told_at_ && now - *told_at_ < summary_every) return 0;
    if (untold_ > 0) told_at_ = now;
    const auto count = untold_;
    untold_ = 0;
    return count;
  }

  [[nodiscard]] figures seen() const {
    const std::lock_guard lock{mutex_};
    return figures_;
  }

private:
  mutable std::mutex mutex_; ///< of all below
  figures figures_;
  std::uint64_t untold_ = 0;
  std::optional<monotonic_time> told_at_;
};

} // namespace troupe
