#pragma once

#include "bench/load.hpp"
#include "bench/options.hpp"
#include "bench/workload.hpp"
#include "messages/ids.hpp"
#include "net/sdk/troupe/client.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace troupe::bench {

/// A closed loop of commands over all shards of a context, until it is ended, that notes when each
/// shard answered first and last under each epoch: so a change of owner is seen as clients see it.
class watched_load {
public:
  using time = std::chrono::steady_clock::time_point;
  struct setting {
    std::vector<std::string> endpoints;
    std::uint32_t shards = 1;
    std::uint32_t in_flight = users_by_default;
    std::int64_t aggregates = 10'000;
  };

  [[nodiscard]] static result<std::unique_ptr<watched_load>> start(const workload& work,
                                                                   setting how);
  ~watched_load(); ///< ends
  /// Waits for the calls under way.
  void end();

  /// When the shard first answered under a later epoch than this one.
  [[nodiscard]] std::optional<time> first_after(std::uint32_t shard, epoch_number before) const;
  /// From the last answer of each epoch of a shard to the first of its next, in nanoseconds.
  [[nodiscard]] histogram pauses() const;
  [[nodiscard]] histogram latencies() const;
  /// Waits until every shard has answered once more.
  [[nodiscard]] bool all_answer(std::chrono::milliseconds at_most) const;
  [[nodiscard]] error_counts errors() const;
  [[nodiscard]] std::string first_error() const;

private:
  struct ownership {
    time first;
    time last;
    std::uint64_t answers = 0;
  };
  watched_load(const workload& work, setting how) : work_(work), how_(std::move(how)) {}
  void call();
  void answered(aggregate_id target, time began, const result<call_reply>& got);

  const workload& work_;
  const setting how_;
  std::atomic<bool> over_{false};
  std::atomic<std::uint64_t> turn_{0};

  mutable std::mutex mutex_; ///< of what follows, but the client
  mutable std::condition_variable changed_;
  std::uint32_t open_ = 0;
  std::map<std::uint32_t, std::map<epoch_number, ownership>> seen_;
  histogram latency_ns_;
  error_counts errors_;
  std::string first_error_;
  std::optional<client> link_;
};

} // namespace troupe::bench
