#pragma once

#include "persistence/lease_store.hpp"
#include "seams/clock.hpp"
#include "tests/support/processes.hpp"

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace troupe::test {

/// Watches the store of a cluster and notes when each shard changes its owner.
class move_watch {
public:
  /// The cluster runs.
  explicit move_watch(const std::filesystem::path& data);
  ~move_watch();
  move_watch(const move_watch&) = delete;
  move_watch& operator=(const move_watch&) = delete;

  [[nodiscard]] std::size_t moves() const;
  /// Shards that changed their owner twice within `pause`, one sentence each.
  [[nodiscard]] std::vector<std::string> faster_than(milliseconds pause) const;

private:
  void watch();

  struct sight {
    std::uint64_t epoch = 0;
    std::vector<monotonic_time> moved;
  };
  std::unique_ptr<lease_store> store_;
  std::atomic<bool> over_{false};
  mutable std::mutex guard_;
  std::map<shard_ref, sight> shards_;
  std::thread thread_;
};

} // namespace troupe::test
