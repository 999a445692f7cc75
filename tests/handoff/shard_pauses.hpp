#pragma once

#include "messages/ids.hpp"
#include "messages/shard_map.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace troupe::test {

/// How long each shard was silent while it changed hands, as clients see it: from the last success
/// under one epoch to the first under a later one. It contains the pause between two requests to
/// the shard, so it is worth as much as requests are dense.
///
/// Thread-safe.
class shard_pauses {
public:
  using time = std::chrono::steady_clock::time_point;
  using span = std::chrono::duration<double, std::milli>;

  void note(const shard_ref& which, epoch_number epoch, time began, time ended);

  struct figures {
    std::size_t moves = 0;
    span p50{0}, p99{0}, most{0};
    span slowest_call{0};
    [[nodiscard]] std::string text() const;
  };
  [[nodiscard]] figures sum_up() const;

private:
  struct ownership {
    time first;
    time last;
  };
  mutable std::mutex guard_;
  std::map<shard_ref, std::map<epoch_number, ownership>> seen_;
  span slowest_{0};
};

} // namespace troupe::test
