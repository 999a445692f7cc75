#pragma once

#include "actors/actor_runtime.hpp"
#include "actors/lane_gate.hpp"
#include "actors/port.hpp"
#include "actors/waiting_times.hpp"
#include "messages/histogram.hpp"
#include "messages/ids.hpp"
#include "messages/value.hpp"
#include "persistence/turn_note.hpp"
#include "seams/clock.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace troupe {

/// Names a part of a node that lives on a lane: a context's shard.
struct part_key {
  std::uint32_t context = 0; ///< position in the catalogue
  std::uint32_t shard = 0;
  auto operator<=>(const part_key&) const = default;
  [[nodiscard]] std::uint64_t packed() const { return std::uint64_t{context} << 32U | shard; }
  [[nodiscard]] static part_key unpack(std::uint64_t from) {
    return {static_cast<std::uint32_t>(from >> 32U), static_cast<std::uint32_t>(from)};
  }
};

/// What a part hands to its lane during a round; leaves after the round's commits.
struct lane_outbox {
  std::vector<answer> early;     ///< answers that saw committed state only: leave before the commit
  std::vector<answer> answers;   ///< leave after the commit
  std::vector<inbound> requests; ///< to other parts, of this node or another
};

class lane;

/// A shard or view on its lane. Everything runs on the lane's thread, in rounds:
/// receive… → (the lane runs the actors) → commit → maintain.
class lane_part {
public:
  virtual ~lane_part() = default;
  virtual void receive(inbound& from) = 0;
  /// An answer to a request this part sent; `from.to.request` is the token it chose.
  virtual void receive(answer& from) = 0;
  /// Makes durable what the round decided and queues what may leave now.
  virtual void commit() = 0;
  /// Housekeeping in small pieces; `idle`: nobody is waiting. Returns whether more is to be done.
  virtual bool maintain(bool idle) = 0;
};

struct lane_options {
  std::uint32_t number = 0;
  lane_gate_settings gate;         ///< who may wait; others: `overloaded`
  std::uint32_t batch_max = 4'096; ///< requests of clients taken up in one round, and of parts
  /// Until when, in nanoseconds of the monotonic clock, it may commit and answer; null: ever. A
  /// lane whose time is over stands still until there is more of it, or it is stopped.
  std::shared_ptr<const std::atomic<std::int64_t>> serves_until;
  /// Where it notes what it is about; outlives the lane. Null: a note of its own.
  turn_note* note = nullptr;
  bool measures = true; ///< notes ages and answer times; off only to see what that costs
};

/// What an operator sees of a lane; written by the lane, read by anyone.
struct lane_counters {
  std::atomic<std::uint64_t> rounds{0};
  std::atomic<std::uint64_t> handled{0};
  std::atomic<std::uint64_t> commits{0};
  std::atomic<std::uint32_t> inbox{0};       ///< requests that wait
  std::atomic<std::uint64_t> inbox_bytes{0}; ///< what they hold
  std::atomic<std::uint32_t> inbox_limit{0}; ///< of clients that may wait at the moment
  std::atomic<std::uint64_t> refused{0};     ///< by the gate
  std::atomic<std::uint64_t> expired{0};     ///< dropped because their time was over
  /// When the oldest that waits came, in nanoseconds of the monotonic clock; 0: it is empty.
  std::atomic<std::int64_t> inbox_since{0};
  waiting_times waits; ///< of commands, from the inbox until the round of their turn has run them
  time_histogram ages; ///< the same since the start
};

/// A thread that owns shards and runs them in rounds (design.md §5, "Lanes").
///
/// Thread rules: `post`, `deliver` and `control` from any thread; everything else on the lane's.
/// A simulated lane is one that is never started and whose test calls `step`.
class lane final : public answer_port {
public:
  lane(lane_options options, actor_runtime& runtime, request_handler& router, const clock& time);
  ~lane() override;

  void start();
  void stop(); ///< ends the thread after the present round; parts stay until the lane is destroyed

  struct mail {
    part_key to;
    inbound what;
    monotonic_time posted{}; ///< set by `post`
  };
  /// Requests for parts of this lane. Those for parts that are not here any more go back to the
  /// router, which knows better by then.
  void post(std::vector<mail>& batch);
  /// Answers to requests of parts of this lane; `origin::connection` is the packed part key.
  void deliver(std::vector<answer>& batch) override;
  /// Runs `what` on the lane's thread between two rounds.
  void control(std::function<void(lane&)> what);

  /// One round; false if there was nothing to do.
  bool step();

  // -- for parts, on the lane's thread ---------------------------------------------------------
  void add(part_key key, std::unique_ptr<lane_part> part);
  /// Takes a part off the lane; what it still waits for is dropped.
  [[nodiscard]] std::unique_ptr<lane_part> remove(part_key key);
  [[nodiscard]] lane_part* find(part_key key);
  /// Destroys a part that was removed, at the end of the round: when what it said has left, and the
  /// other parts had their turn.
  void discard(std::unique_ptr<lane_part> part) { discarded_.push_back(std::move(part)); }
  /// Calls `then` on the lane at `when`, unless the part is not here (any more).
  void at(monotonic_time when, part_key part, std::function<void()> then);
  /// The same, whatever parts there are then.
  void at(monotonic_time when, std::function<void()> then);
  [[nodiscard]] lane_outbox& outbox() { return outbox_; }
  [[nodiscard]] actor_lane& actors() { return actors_; }
  /// A number for a request of a part. It is never given again, so that an answer to a part that
  /// was removed cannot reach the one that came after it under the same key.
  [[nodiscard]] std::uint64_t next_token() { return ++tokens_; }
  /// The clocks as of the round's beginning: read once a round, not several times a command.
  [[nodiscard]] monotonic_time now() const { return now_; }
  [[nodiscard]] wall_ms wall() const { return wall_; }
  /// The part has something to commit this round.
  void touched(part_key part);
  /// An answer to a command leaves with this round; noted there when it has.
  void answers(time_histogram& in, monotonic_time arrived) {
    if (arrived != monotonic_time{}) leaving_.emplace_back(&in, arrived);
  }
  /// What is left of a round's time for long looks, which its parts share: however many look, a
  /// round is not held up for longer.
  [[nodiscard]] std::chrono::nanoseconds time_for_looks() const { return time_for_looks_; }
  void looked_for(std::chrono::nanoseconds took) { time_for_looks_ -= took; }
  /// What business code it runs for whom; read by a watchdog on another thread.
  [[nodiscard]] turn_note& note() { return options_.note != nullptr ? *options_.note : own_note_; }
  /// The clock itself, for what has to know the time inside a round.
  [[nodiscard]] const clock& time() const { return clock_; }
  [[nodiscard]] std::uint32_t number() const { return options_.number; }
  [[nodiscard]] const lane_counters& counters() const { return counters_; }

private:
  /// Requests in the order they came, and how far they were taken up.
  struct line {
    std::vector<mail> mails;
    std::size_t next = 0;
    [[nodiscard]] bool over() const { return next >= mails.size(); }
  };
  struct incoming {
    line inside;  ///< of parts, and about subscriptions: others wait for them
    line outside; ///< of clients
    std::vector<answer> answers;
    std::vector<std::function<void(lane&)>> controls;
    [[nodiscard]] bool empty() const {
      return inside.over() && outside.over() && answers.empty() && controls.empty();
    }
  };
  struct due {
    part_key part;
    std::uint64_t part_instance; ///< 0: of no part
    std::function<void()> then;
  };
  struct held_part {
    std::unique_ptr<lane_part> part;
    std::uint64_t instance = 0; ///< tells a part from a later one under the same key
    bool touched = false;
  };

  void work();
  void wait(monotonic_time until);
  [[nodiscard]] bool may_serve();
  [[nodiscard]] bool stopping();
  bool run_due();
  void receive();
  void note_waits();
  void note_answers();
  void take_up(line& from, std::size_t most);
  void fit_slice();
  [[nodiscard]] bool drop_expired(mail& from, gate_request& seen);
  void publish_gate();
  void publish_oldest();
  void commit_touched();
  void leave(std::vector<answer>& answers);
  void maintain_touched();
  bool maintain_all();

  lane_options options_;
  turn_note own_note_;
  actor_lane actors_;
  request_handler& router_;
  const clock& clock_;

  std::mutex mutex_;
  std::condition_variable wake_;
  incoming inbox_;
  lane_gate gate_;
  bool sleeping_ = false;
  bool stopping_ = false;

  monotonic_time now_;
  wall_ms wall_ = 0;
  incoming taken_;
  std::map<std::uint64_t, held_part> parts_;
  std::vector<std::unique_ptr<lane_part>> discarded_; ///< in this round
  std::vector<std::uint64_t> touched_;
  std::vector<std::uint64_t> maintained_; ///< empty between rounds; keeps its memory
  std::multimap<monotonic_time, due> timers_;
  lane_outbox outbox_;
  std::vector<std::pair<answer_port*, std::vector<answer>>> by_port_; ///< few; memory reused
  std::uint64_t instances_ = 0;
  std::uint64_t tokens_ = 0;
  std::vector<monotonic_time> posted_; ///< of the commands of this round
  std::vector<std::pair<time_histogram*, monotonic_time>> leaving_; ///< see `answers`
  gate_departures departures_;                                      ///< not told to the gate yet
  std::chrono::nanoseconds time_for_looks_{0};                      ///< in this round
  std::size_t slice_ = 0;    ///< requests of clients that a round may take up
  std::size_t taken_up_ = 0; ///< of them in this round
  bool asks_ = false;        ///< in this round somebody asked or was answered
  lane_counters counters_;
  std::thread thread_;
};

} // namespace troupe
