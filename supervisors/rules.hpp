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
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

/// The numbers of a node's supervision.
struct supervision_settings {
  breaker_settings breaker; ///< its timeout is replaced by that of the guarded ask
  std::uint32_t in_flight_max = bulkhead::limit_default; ///< per direction
  restart_settings aggregate = aggregate_restarts();
  restart_settings shard = shard_restarts();
};

/// A guard as people see it: a copy, as of the guard's last call or of the time that is given.
struct breaker_view {
  ask_direction direction;
  breaker_state state = breaker_state::closed;
  breaker_mode mode = breaker_mode::automatic;
  monotonic_time since;              ///< of this state
  std::chrono::milliseconds timeout; ///< of its calls
  call_counts counts;                ///< of the last 10 s; of the probes while half-open
  monotonic_time open_until;         ///< of an open breaker: probes may pass from then on
  std::uint32_t in_flight = 0;       ///< calls that have passed and not ended
  std::uint32_t in_flight_max = 0;
  std::uint64_t refused_open = 0;              ///< refused by the breaker since the start
  std::uint64_t refused_full = 0;              ///< refused by the bulkhead since the start
  fallback_places::figures fallbacks;          ///< taken in place of answers
  std::vector<breaker_transition> transitions; ///< the last ones, oldest first
};

/// Directions by their ends; what is not given is any.
struct direction_filter {
  std::string asking;
  std::string target;
  std::optional<std::string> owner{};
  std::optional<operation_class> operation{};

  [[nodiscard]] bool covers(const ask_direction& which) const;
  /// Every direction that `other` covers.
  [[nodiscard]] bool covers(const direction_filter& other) const;
};

/// What an operator wants of the breakers of some directions, also of those to come.
struct breaker_wish {
  direction_filter of;
  breaker_mode mode = breaker_mode::automatic;
};

/// "siren.order -> siren.product at n2 (query)".
[[nodiscard]] std::string name_of(const ask_direction& which);

/// Hears of each change of a breaker's state, in the thread of the call that caused it and outside
/// all locks; must not block.
using transition_callback =
    std::function<void(const ask_direction& which, const breaker_transition& change)>;
using event_callback = std::function<void(const supervision_event& what)>;

class direction_guard;

/// The rules of a node; owned by it and alive as long as its lanes.
///
/// Thread rules: every method from any thread. Each guard has its own mutex, held for some tens of
/// nanoseconds; histories belong to the lane that asked for them and share nothing.
class default_supervision_rules final : public supervision_rules {
public:
  /// Directions come from declared asks and the nodes of a cluster, not from callers; more are a
  /// programming fault.
  static constexpr std::size_t guards_max = 10'000;
  /// Of an operator, who names directions one by one.
  static constexpr std::size_t wishes_max = 1'000;
  /// A guard that nobody used for that long, while others were, is of an owner that left; it is
  /// dropped with its counters when a new one is made.
  static constexpr std::chrono::minutes guard_kept{10};

  explicit default_supervision_rules(std::unique_ptr<random_source> random,
                                     supervision_settings settings = {},
                                     transition_callback on_transition = {},
                                     event_callback on_event = {});
  ~default_supervision_rules() override;

  [[nodiscard]] std::unique_ptr<restart_history> new_aggregate_history() override;
  [[nodiscard]] std::unique_ptr<restart_history> new_shard_history() override;
  /// The timeout of a direction's first ask is the one that its slow calls are measured by.
  [[nodiscard]] std::shared_ptr<ask_guard> guard(const ask_direction& which,
                                                 std::chrono::milliseconds timeout) override;
  void happened(supervision_event what) override;

  /// All guards, in order of their directions. With a time, calls that are too old by then are not
  /// in their counts any more.
  [[nodiscard]] std::vector<breaker_view> breakers(std::optional<monotonic_time> now = {}) const;
  /// An operator's word for all directions of the filter, those of the future too; the newest word
  /// counts. `automatic` takes it back. `overloaded` if there are too many.
  [[nodiscard]] result<void> set_mode(const direction_filter& which, breaker_mode mode,
                                      monotonic_time now);
  [[nodiscard]] result<void> set_mode(const ask_direction& which, breaker_mode mode,
                                      monotonic_time now);
  /// Back to automatic, closed, with empty windows.
  void reset(const direction_filter& which, monotonic_time now);
  /// What operators want, oldest first.
  [[nodiscard]] std::vector<breaker_wish> wishes() const;

private:
  [[nodiscard]] std::unique_ptr<random_source> own_random();
  [[nodiscard]] std::vector<std::shared_ptr<direction_guard>> all() const;
  void drop_unused();

  const supervision_settings settings_;
  const transition_callback on_transition_;
  const event_callback on_event_;
  mutable std::mutex mutex_; ///< of all below
  std::unique_ptr<random_source> random_;
  std::map<ask_direction, std::shared_ptr<direction_guard>> guards_;
  std::vector<breaker_wish> wishes_;
};

} // namespace troupe
