#pragma once

#include "actors/port.hpp"
#include "actors/supervision.hpp"
#include "messages/value.hpp"
#include "seams/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace troupe {

/// What happened on a node: the newest events in memory, each told once as a log line, to whoever
/// subscribed, and counted by its kind.
///
/// Positions grow by one per event. The first is the node's start in milliseconds of the wall
/// clock, so that a position of an earlier life of the node is below all of this one's, and whoever
/// reads on sees a gap. A subscriber that grants too little loses the oldest, never memory: the
/// next event it gets has a position that jumps.
///
/// Thread rules: every method from any thread. Its mutex is held for as long as a push of at most
/// `push_events_max` short events takes to be put together, and never while a log line is written.
class supervision_log {
public:
  static constexpr std::size_t kept_max = 4'096;
  static constexpr std::size_t subscribers_max = 64;
  static constexpr std::uint32_t push_events_max = 256;
  static constexpr std::size_t kinds_max = 64; ///< counted apart; further ones as "other"
  /// Longer texts are cut, with "…" at their end.
  static constexpr std::size_t kind_bytes_max = 64;
  static constexpr std::size_t subject_bytes_max = 256;
  static constexpr std::size_t text_bytes_max = 1'024;

  /// Writes the log line of one event; called by whoever told of it, outside the mutex.
  using line_writer = std::function<void(const supervision_event& what, std::uint64_t position)>;

  explicit supervision_log(const clock& time, line_writer line = write_line);

  void add(supervision_event what);

  /// Events behind a position, oldest first: map of `items` (position, time_ms, kind, subject,
  /// text), `first` (oldest kept position), `next` (of the next event).
  [[nodiscard]] value after(std::uint64_t position, std::size_t limit) const;
  /// Number of events of each kind since the node's start.
  [[nodiscard]] std::map<std::string, std::uint64_t> counts() const;
  /// `counts` and the next position, for the node's status.
  [[nodiscard]] value summary() const;

  /// A subscribe request whose context is `node_events`; what it gets follows at its port.
  void subscribe(const inbound& from);
  /// Credit or unsubscribe; false if it is about none of its subscriptions.
  [[nodiscard]] bool take(const inbound& from);
  /// Ends all subscriptions.
  void close(const error& why);

private:
  static void write_line(const supervision_event& what, std::uint64_t position);

  struct kept_event {
    supervision_event what;
    std::string published; ///< as subscribers get it
  };
  struct subscriber {
    origin who;
    std::uint64_t next = 0;
    std::uint32_t credit = 0;
  };

  [[nodiscard]] std::uint64_t next_position() const { return first_ + kept_.size(); }
  [[nodiscard]] subscriber* find(const origin& who);
  [[nodiscard]] bool push_to(subscriber& to);
  void push_all_to(const origin& who);

  const clock& clock_;
  const line_writer line_;
  mutable std::mutex mutex_; ///< of all below
  std::uint64_t first_;      ///< position of the oldest kept event
  std::deque<kept_event> kept_;
  std::map<std::string, std::uint64_t> counts_;
  std::vector<subscriber> subscribers_;
};

} // namespace troupe
