#pragma once

#include "messages/envelope.hpp"
#include "messages/error.hpp"
#include "messages/shard_map.hpp"
#include "messages/value.hpp"
#include "seams/clock.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::gateway {

/// Now, on both clocks.
struct moment {
  wall_ms wall = 0;
  monotonic_time at;
};

/// What the gateway knows of the cluster: how its nodes stand, what happened, and figures of the
/// last quarter of an hour. Told answers and the time, it does no I/O. Not thread-safe.
class dashboard_picture {
public:
  static constexpr std::size_t nodes_max = 256;   ///< known at a time; further ones are left out
  static constexpr std::size_t history_max = 900; ///< samples, one a second
  static constexpr std::size_t news_max = 200;
  /// A node that answered nothing for so long is silent. With the time between two questions this
  /// is how late a dead node is seen; long enough for a busy one.
  static constexpr std::chrono::milliseconds silent_after{1'000};
  static constexpr std::chrono::milliseconds left_shown{60'000};  ///< of nodes that left
  static constexpr std::chrono::milliseconds lost_shown{600'000}; ///< of nodes that fell silent

  /// The columns of `history`, in the order of a sample.
  static constexpr std::array columns{
      std::string_view{"time"},    std::string_view{"commands"}, std::string_view{"p50"},
      std::string_view{"p95"},     std::string_view{"p99"},      std::string_view{"oldest"},
      std::string_view{"commits"}, std::string_view{"turns"},    std::string_view{"rejected"},
      std::string_view{"actors"},  std::string_view{"waiting"},  std::string_view{"memory"},
      std::string_view{"cpu"},     std::string_view{"breakers"}, std::string_view{"letters"},
      std::string_view{"nodes"},   std::string_view{"lag"}};
  using sample = std::array<double, columns.size()>;

  /// Nobody asked anybody until now: silence begins to count from here.
  void resume(moment when);
  /// The members of the cluster as it says now.
  void members(const std::vector<map_member>& now, moment when);
  /// A node answered a verb. The answer of a node that is not known is dropped.
  void answered(const std::string& node, std::string_view verb, const value& said, moment when);
  /// A node refused a verb: it lives, and may not know the verb.
  void refused(const std::string& node, std::string_view verb, const error& why, moment when);
  void happened(const std::string& node, const std::vector<published_event>& events);
  /// Finds nodes that fell silent; true if how some node stands has changed since the last call.
  [[nodiscard]] bool pulse(moment when);
  /// Takes a sample of the figures; what it is made of are the newest answers.
  const sample& take_sample(moment when);

  /// Nodes to ask: name and endpoint.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> places() const;
  /// How everything stands: `nodes` and `breakers`.
  [[nodiscard]] value present() const;
  /// The samples by column: {time: [...], commands: [...], ...}.
  [[nodiscard]] value history() const;
  /// What happened after the entry of this number, oldest first; each has its number in `n`.
  [[nodiscard]] value::array news(std::uint64_t after = 0) const;
  [[nodiscard]] std::uint64_t newest() const { return next_news_ - 1; }

private:
  /// Sums of counters, to make rates of.
  struct counters {
    std::int64_t pid = 0;
    double commits = 0;
    double turns = 0;
    double rejected = 0;
    monotonic_time at;
  };
  struct known_node {
    std::string endpoint;
    std::string build;
    std::string member; ///< joining, active, leaving; empty: it left
    std::uint64_t generation = 0;
    monotonic_time heard; ///< the last answer, or when it became known
    wall_ms heard_wall = 0;
    bool answered = false;       ///< at least once in this life
    std::string state = "asked"; ///< asked, up, degraded, joining, leaving, silent, left
    wall_ms since = 0;
    monotonic_time left; ///< when it was no member any more
    value status = value::object{};
    value breakers = value::object{};
    std::map<std::string, std::string, std::less<>> unknown; ///< verbs that it refused, and why
    std::int64_t shards = -1;
    std::int64_t restarts = 0;
    counters last;
    double commits_per_s = 0;
    double turns_per_s = 0;
    double rejected_per_s = 0;
  };

  void hear(known_node& from, moment when);
  void take_status(known_node& of, const value& said, moment when);
  void take_tree(const std::string& name, known_node& of, const value& said, wall_ms now);
  [[nodiscard]] std::string state_of(const known_node& of, monotonic_time now) const;
  void tell(wall_ms time, std::string_view node, std::string_view kind, std::string subject,
            std::string text);

  std::map<std::string, known_node> nodes_;
  std::deque<sample> history_;
  std::deque<value> news_;
  std::uint64_t next_news_ = 1;
};

} // namespace troupe::gateway
