#pragma once

#include "messages/ids.hpp"
#include "seams/clock.hpp"

#include <chrono>
#include <cstddef>
#include <unordered_map>

namespace troupe {

/// When the failures of a shard's aggregates are the shard's: one that fails is alone, many that
/// fail at once have something in common, which is what they stand on. The rule that escalates from
/// aggregates to their shard (supervisors/README.md). No I/O; belongs to the shard.
class failing_crowd {
public:
  static constexpr std::size_t least = 20; ///< different ones: fewer are no crowd
  static constexpr std::size_t share = 20; ///< and more than one of so many residents: 5 %
  static constexpr std::chrono::seconds within{10};

  /// Whether the shard is to be restarted, now that this one has failed too; then it begins again.
  [[nodiscard]] bool on_failure(aggregate_id who, std::size_t residents, monotonic_time now) {
    failed_[who] = now;
    if (failed_.size() < least || failed_.size() * share <= residents) return false;
    std::erase_if(failed_, [now](const auto& each) { return each.second <= now - within; });
    if (failed_.size() < least || failed_.size() * share <= residents) return false;
    failed_.clear();
    return true;
  }
  [[nodiscard]] std::size_t size() const { return failed_.size(); }

private:
  std::unordered_map<aggregate_id, monotonic_time> failed_; ///< at most a crowd, once it is swept
};

} // namespace troupe
