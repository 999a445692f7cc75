#pragma once

#include "messages/envelope.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// Puts the events of several streams into one order, so that what a view folds depends neither on
/// how the streams happen to arrive nor on whether they are read live or again from the beginning:
///
/// - by time; among equal times the stream that was added first goes first;
/// - an event that its context recorded in reaction to a record of another stream waits until that
///   record has been taken, whatever the clocks say;
/// - while a stream is known to have more that has not arrived yet, nothing of the others is given
///   out, because what is to come may be earlier.
///
/// A stream whose source is gone is not waited for; and one that has given what its source has is
/// not either, so that live events never wait for idle streams: among those, the order is that of
/// arrival. A pure state machine; belongs to a view, on its lane.
class event_merge {
public:
  /// Whether the stream's source is down or cannot be read: nothing is to be expected from it now.
  using is_gone = std::function<bool(std::size_t number)>;

  struct place {
    std::string context;
    shard_number shard;
  };
  /// Adds a stream and returns its number, from 0. A source's shards follow each other, from 0.
  std::size_t add(std::string context, shard_number shard);
  [[nodiscard]] std::size_t size() const { return streams_.size(); }
  [[nodiscard]] const place& at(std::size_t stream) const { return streams_[stream].where; }

  /// Forgets what is known of the stream: it is read from `next` on.
  void begin(std::size_t stream, record_index next);
  /// Events that arrived, in order; those known already are dropped. `next` is the position behind
  /// them, `head` the source's newest record when they were sent.
  void take(std::size_t stream, std::vector<published_event>& events, record_index next,
            record_index head);

  struct ordered_event {
    std::size_t stream = 0;
    published_event event;
  };
  /// The next event in order; nothing while there is none or it is not known yet. The events of one
  /// record follow each other.
  [[nodiscard]] std::optional<ordered_event> next(const is_gone& gone);
  /// Whether the newest record was given out whole: positions do not tell the events of one apart.
  [[nodiscard]] bool between_records() const { return !unfinished_; }

  /// Whether everything was given out that the sources had when `begin` was called, as far as it
  /// can be had: what is gone, or waits for what is gone, does not count.
  [[nodiscard]] bool complete(const is_gone& gone) const;

  /// Position behind what was given out, per stream.
  [[nodiscard]] record_index position(std::size_t stream) const { return streams_[stream].next; }
  /// Whether the position has moved since this was asked last.
  [[nodiscard]] bool moved(std::size_t stream);
  /// Where to read on: behind what has arrived.
  [[nodiscard]] record_index read(std::size_t stream) const { return streams_[stream].read; }
  /// The source's newest record, as far as known.
  [[nodiscard]] record_index head(std::size_t stream) const { return streams_[stream].head; }
  /// Events that have arrived and wait.
  [[nodiscard]] std::size_t waiting() const;

  struct progress {
    std::uint64_t done = 0;  ///< records given out since `begin`
    std::uint64_t total = 0; ///< of those that the sources had then
  };
  [[nodiscard]] progress so_far() const;
  /// Records that the sources have beyond what was given out, as far as known.
  [[nodiscard]] std::uint64_t lag() const;

private:
  struct stream_state {
    place where;
    record_index next{1};                ///< given out up to here
    record_index read{1};                ///< behind the newest event that arrived
    record_index start{1};               ///< as of `begin`
    record_index head;                   ///< newest record of the source, as far as known
    std::optional<record_index> target;  ///< the head as it was first known since `begin`
    std::deque<published_event> waiting; ///< bounded by the reader's credit
    bool moved = false;
  };

  [[nodiscard]] static bool is_behind(const stream_state& of) {
    return !of.target || of.read <= of.head;
  }
  static void settle(stream_state& of);
  [[nodiscard]] bool waits_for_cause(const stream_state& of) const;
  [[nodiscard]] ordered_event take_first(std::size_t number);

  std::vector<stream_state> streams_;
  std::map<std::string, std::size_t, std::less<>> first_of_; ///< a context's shard 0
  std::optional<std::size_t> unfinished_; ///< stream whose record is partly given out
};

} // namespace troupe
