#pragma once

#include "actors/rough_times.hpp"
#include "messages/ids.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace troupe {

/// How long the turns of actors took, of those that are busy while somebody looks: a table of fixed
/// size in which a busy actor keeps its place and a quiet one loses it. The times are rough ones,
/// which is enough to tell who is slow.
///
/// Pure, 60 KiB, not thread-safe.
class turn_times {
public:
  static constexpr std::size_t places = 512; ///< actors that are measured at once, at most

  void note(aggregate_id of, std::chrono::nanoseconds took);
  /// The time that 99 of 100 turns did not exceed, in µs; nothing if it has no place.
  [[nodiscard]] std::optional<std::uint64_t> p99_us(aggregate_id of) const;
  /// Of all turns that were noted; nothing if there were none.
  [[nodiscard]] std::optional<std::uint64_t> p99_us() const;
  /// Actors that have a place, the slowest first, at most `limit`.
  [[nodiscard]] std::vector<std::pair<aggregate_id, std::uint64_t>>
  slowest(std::size_t limit) const;
  /// Halves the weight of what was noted so far: what was long ago fades.
  void fade();

private:
  struct place {
    aggregate_id of;
    std::uint32_t weight = 0; ///< what others have to outnumber to take the place
    rough_times times;
  };
  [[nodiscard]] static std::size_t place_of(aggregate_id of);

  std::array<place, places> table_;
  rough_times all_;
};

} // namespace troupe
