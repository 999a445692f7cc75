#pragma once

#include "actors/port.hpp"
#include "actors/supervision.hpp"
#include "messages/ids.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// An exception of business code.
struct thrown_error {
  std::string text;       ///< empty: none
  std::uint64_t hash = 0; ///< tells one fault from another
};

/// A place among the fallbacks that run in one direction; given back when it goes.
class fallback_place {
public:
  /// Takes one; null if all are taken.
  [[nodiscard]] static std::unique_ptr<fallback_place> take(std::shared_ptr<ask_guard> of) {
    if (!of->fallbacks().enter()) return nullptr;
    return std::unique_ptr<fallback_place>{new fallback_place{std::move(of)}};
  }
  ~fallback_place() { of_->fallbacks().leave(); }
  fallback_place(const fallback_place&) = delete;
  fallback_place& operator=(const fallback_place&) = delete;

private:
  explicit fallback_place(std::shared_ptr<ask_guard> of) : of_(std::move(of)) {}
  std::shared_ptr<ask_guard> of_;
};

/// A declared fallback on its way to the turn that it settles.
struct fallback_turn {
  error instead; ///< why there is no answer: what the caller is told if this does not help
  std::unique_ptr<fallback_place> place;
};

/// One turn to be made, on its way through an aggregate's mailbox. Owned by the shard's pool.
struct work {
  enum class kind : std::uint8_t {
    command,
    settle,    ///< the ask of `command` was answered with `reply`
    compensate ///< the asker of `ask` gave up; `name` and `payload` are the command it had sent
  };
  kind what = kind::command;
  bool done = false;       ///< decided, refused or put back
  bool creates = false;    ///< may address an aggregate that does not exist yet
  bool internal = false;   ///< sent by a part of a node
  bool outside = false;    ///< from a client: its room is smaller
  bool in_line = false;    ///< counted at its aggregate
  std::uint32_t bytes = 0; ///< as it counts towards the limits; 0: it does not
  aggregate_id target;
  command_id command;
  std::uint64_t hash = 0;
  std::string name;
  std::string payload;
  std::string correlation;
  std::string asked; ///< settle: the name of what was asked
  std::string reply;
  std::unique_ptr<fallback_turn> fallback; ///< settle: `reply` is a declared one, no answer
  std::optional<degraded_mark> degraded;   ///< what the answer rests on
  command_id ask;
  std::string timer; ///< the durable timer that fired, if it was one
  std::optional<event_source> reacts_to;
  std::optional<command_caller> caller;
  trace_context trace;
  origin from;
  std::vector<origin> waiters; ///< of re-sends that arrived meanwhile
  monotonic_time deadline;
  monotonic_time parked{}; ///< since when it waits behind an ask or a restart; none: it does not
  thrown_error thrown;     ///< what it made its handler throw
};

/// Keeps `work` objects and their memory for reuse. Not thread-safe.
class work_pool {
public:
  [[nodiscard]] work* take() {
    if (free_.empty()) {
      all_.push_back(std::make_unique<work>());
      return all_.back().get();
    }
    work* again = free_.back();
    free_.pop_back();
    return again;
  }
  void give_back(work* from) {
    from->what = work::kind::command;
    from->done = from->creates = from->internal = from->outside = from->in_line = false;
    from->bytes = 0;
    from->target = {};
    from->ask = {};
    from->hash = 0;
    from->correlation.clear();
    from->reply.clear();
    from->fallback.reset();
    from->degraded.reset();
    from->timer.clear();
    from->reacts_to.reset();
    from->caller.reset();
    from->trace = {};
    from->from = {};
    from->waiters.clear();
    from->parked = {};
    from->thrown = {};
    free_.push_back(from);
  }

private:
  std::vector<std::unique_ptr<work>> all_; ///< bounded by what the shard admits at once
  std::vector<work*> free_;
};

} // namespace troupe
