#pragma once

#include "actors/port.hpp"
#include "messages/descriptor.hpp"
#include "persistence/journal.hpp"
#include "persistence/record.hpp"

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// The published stream of one shard: pushes committed events to subscribers, each from the
/// position it asked for, as far as its credit goes. The journal is the truth; what was committed
/// lately is kept so that subscribers that keep up cost no reading.
///
/// Owned by a shard, on its lane.
class event_feed {
public:
  static constexpr std::size_t recent_bytes_max = 4 * 1024 * 1024;
  static constexpr std::size_t subscribers_max = 1'024;
  static constexpr std::size_t push_bytes_max = 256 * 1024; ///< of one push, one event at least
  static constexpr std::uint32_t push_events_max = 2'000;
  static constexpr std::uint32_t records_per_pump_max =
      4'096; ///< so that a backlog cannot hold the lane
  static constexpr std::uint32_t credit_max = 1'000'000;

  event_feed(const context_info& info, shard_number shard) : info_(info), shard_(shard) {}

  /// `internal` subscribers also see the context's internal events.
  [[nodiscard]] result<void> subscribe(const origin& who, const subscribe_request& wanted,
                                       bool internal, record_index head);
  void credit(const origin& who, std::uint32_t events);
  /// Ends the subscription; its last answer says so.
  void unsubscribe(const origin& who, std::vector<answer>& out);

  /// The records `first` … were committed.
  void committed(record_index first, std::span<const std::string_view> bodies);
  /// Pushes what can be pushed; true if some subscriber could get more right away.
  bool pump(journal& from, std::vector<answer>& out);
  /// Ends all subscriptions with `why`.
  void close(const error& why, std::vector<answer>& out);
  [[nodiscard]] std::size_t subscribers() const { return cursors_.size(); }

private:
  struct cursor {
    origin who;
    record_index next;
    std::uint32_t credit = 0;
    bool internal = false;
    bool announce = false; ///< where it starts, and the newest record, have yet to be said
  };
  struct push {
    std::string events;
    std::uint32_t count = 0;
    record_index next;
  };

  [[nodiscard]] cursor* find(const origin& who);
  bool feed(cursor& to, journal& from, std::vector<answer>& out);
  /// Adds a record's events to a push; false if it does not fit any more.
  bool add(std::string_view body, record_index at, const cursor& to, push& into);
  [[nodiscard]] bool shows(std::string_view event, const cursor& to) const;

  const context_info& info_;
  shard_number shard_;
  record_index head_;
  std::vector<cursor> cursors_;
  std::deque<std::string> recent_; ///< bodies of the newest records
  record_index recent_first_{1};
  std::size_t recent_bytes_ = 0;
  record decoded_;
};

} // namespace troupe
