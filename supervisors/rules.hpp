#pragma once

#include "actors/supervision.hpp"
#include "supervisors/breaker.hpp"
#include "supervisors/bulkhead.hpp"
#include "supervisors/restart_rules.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

/// The numbers of a node's supervision.
struct supervision_settings {
  breaker_settings breaker; ///< its timeout is replaced by that of the guarded ask
  std::uint32_t in_flight_max = bulkhead::limit_default; ///< per asking and target context
  restart_settings aggregate = aggregate_restarts();
  restart_settings shard = shard_restarts();
};

/// A guard as people see it: a copy, as of the guard's last call.
struct breaker_view {
  std::string asking;
  std::string target;
  breaker_state state = breaker_state::closed;
  call_counts counts;          ///< of the last 10 s; of the probes while half-open
  monotonic_time open_until;   ///< of an open breaker: probes may pass from then on
  std::uint32_t in_flight = 0; ///< calls that have passed and not ended
  std::uint32_t in_flight_max = 0;
  std::uint64_t refused_open = 0;              ///< refused by the breaker since the start
  std::uint64_t refused_full = 0;              ///< refused by the bulkhead since the start
  std::vector<breaker_transition> transitions; ///< the last ones, oldest first
};

/// Hears of each change of a breaker's state, in the thread of the call that caused it and outside
/// all locks; must not block.
using transition_callback = std::function<void(std::string_view asking, std::string_view target,
                                               const breaker_transition& change)>;

class pair_guard;

/// The rules of a node; owned by it and alive as long as its lanes.
///
/// Thread rules: every method from any thread. Each guard has its own mutex, held for some tens of
/// nanoseconds; histories belong to the lane that asked for them and share nothing.
class default_supervision_rules final : public supervision_rules {
public:
  /// Pairs come from the declared asks of contexts, not from callers; more are a programming fault.
  static constexpr std::size_t guards_max = 10'000;

  explicit default_supervision_rules(std::unique_ptr<random_source> random,
                                     supervision_settings settings = {},
                                     transition_callback on_transition = {});
  ~default_supervision_rules() override;

  [[nodiscard]] std::unique_ptr<restart_history> new_aggregate_history() override;
  [[nodiscard]] std::unique_ptr<restart_history> new_shard_history() override;
  /// The timeout of a pair's first ask is the one that its slow calls are measured by.
  [[nodiscard]] std::shared_ptr<ask_guard> guard(std::string_view asking_context,
                                                 std::string_view target_context,
                                                 std::chrono::milliseconds timeout) override;

  /// All guards, ordered by asking and target context.
  [[nodiscard]] std::vector<breaker_view> breakers() const;
  /// An operator's word; `not_found` if nothing was asked in this direction yet.
  [[nodiscard]] result<void> set_mode(std::string_view asking, std::string_view target,
                                      breaker_mode mode, monotonic_time now);

private:
  using pair = std::pair<std::string, std::string>;

  [[nodiscard]] std::unique_ptr<random_source> own_random();
  [[nodiscard]] std::shared_ptr<pair_guard> find(const pair& key) const;

  const supervision_settings settings_;
  const transition_callback on_transition_;
  mutable std::mutex mutex_; ///< of the two below
  std::unique_ptr<random_source> random_;
  std::map<pair, std::shared_ptr<pair_guard>> guards_;
};

} // namespace troupe
