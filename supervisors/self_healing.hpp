#pragma once

#include "actors/healing.hpp"
#include "actors/supervision.hpp"
#include "messages/value.hpp"
#include "seams/clock.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace troupe {

/// How often an action may be taken: `most` within `within`, then as fast as that refills.
struct healing_limit {
  std::uint32_t most = 1;
  std::chrono::milliseconds within{1'000};
};

struct healing_settings {
  /// In the order of `all_healing_actions`. The figures leave room for what one fault takes along
  /// (a full disk fails every shard of a node at once) and stop what goes in circles.
  std::array<healing_limit, all_healing_actions.size()> limits{{
      {2'000, std::chrono::milliseconds{10'000}}, // aggregates: made from memory, in microseconds
      {500, std::chrono::milliseconds{60'000}},   // shards: some hundred of a node at once
      {100, std::chrono::milliseconds{600'000}},  // contexts
      {20, std::chrono::milliseconds{600'000}}, // views: each reads its sources from the beginning
      {240, std::chrono::milliseconds{60'000}}  // sockets: a link is tried about once a second
  }};
  std::vector<healing_action> off; ///< switched off from the start
};

/// One action that was taken or refused, for people.
struct healing_record {
  enum class state : std::uint8_t { running, done, failed, refused };
  std::uint64_t number = 0; ///< 0: it was refused
  healing_action action = healing_action::restart_aggregate;
  std::string subject;
  std::string cause;
  state is = state::running;
  std::string outcome;
  std::int64_t time_ms = 0; ///< of its begin; wall clock
  std::int64_t took_ms = 0;
};
[[nodiscard]] std::string_view name_of(healing_record::state state);

/// What a node heals by itself: limits, counters, switches and the last actions with cause and
/// outcome. Each begin, end and refusal is told as an event (docs/supervision.md). Of what may
/// happen again and again only the news is told and kept, the rest counted: of aggregates what
/// failed, of sockets what came up again, of refusals one a second and action.
///
/// Thread rules: every method from any thread. Time comes from the clock; nothing blocks.
class self_healing final : public healing {
public:
  static constexpr std::size_t records_max = 100;
  static constexpr std::size_t running_max = 4'096; ///< more are refused
  /// When whoever met a switch that is off looks again.
  static constexpr std::int32_t off_retry_ms = 1'000;

  struct counters {
    std::uint64_t tried = 0; ///< allowed to begin
    std::uint64_t done = 0;
    std::uint64_t failed = 0;
    std::uint64_t refused = 0; ///< by the limit
    std::uint64_t off = 0;     ///< wanted while it was switched off
  };

  using tell = std::function<void(supervision_event)>;
  self_healing(const clock& time, const healing_settings& settings, tell told);

  result<std::uint64_t> begin(healing_action what, const std::string& subject,
                              const std::string& cause) override;
  void end(std::uint64_t number, bool good, const std::string& outcome) override;

  void turn(healing_action what, bool on);
  [[nodiscard]] bool is_on(healing_action what) const;
  [[nodiscard]] counters of(healing_action what) const;
  /// Oldest first; those that run are at the end.
  [[nodiscard]] std::vector<healing_record> records() const;
  /// `{actions: […], last: […]}` as docs/protocol.md has it.
  [[nodiscard]] value describe() const;

private:
  struct action_state {
    bool on = true;
    double tokens = 0;
    monotonic_time refilled;
    monotonic_time refusal_told; ///< of the last refusal that was told
    bool told_before = false;
    counters counted;
  };
  struct running_action {
    healing_record record;
    monotonic_time since;
  };
  void refill(action_state& of, const healing_limit& by, monotonic_time now) const;
  [[nodiscard]] std::optional<error> refusal(healing_action what, monotonic_time now);
  void keep(healing_record record);

  const clock& time_;
  const healing_settings settings_;
  const tell told_;
  mutable std::mutex mutex_; ///< of all below; never held while something is told
  std::array<action_state, all_healing_actions.size()> actions_;
  std::map<std::uint64_t, running_action> running_;
  std::deque<healing_record> records_;
  std::uint64_t last_ = 0;
};

} // namespace troupe
