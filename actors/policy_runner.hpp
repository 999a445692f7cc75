#pragma once

#include "actors/behaviour.hpp"
#include "actors/stream_reader.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

class shard;

/// Runs a context's policies over the stream of one shard of one source (P5): event → commands to
/// its own context's aggregates, in order per target, each with one effect, because a command's id
/// derives from the event's address. All policies on the same source share one runner, so that the
/// effects of two events never overtake each other. The position is recorded in the journal of the
/// shard it belongs to; what is handled again after a crash is recognised by its id.
///
/// An event that a policy cannot react to (unreadable, or the policy throws) is never skipped: the
/// runner stops in front of it, tells so, and tries again now and then; the policies that share its
/// position stop with it, everybody else goes on. One on which a build took the process down three
/// times is not tried again by that build.
///
/// A command that the business refuses is done; one that cannot be handled now is tried again, and
/// nothing behind it for the same target overtakes it.
///
/// A one-to-many reaction waits until everything before it is done, and everything after it waits
/// for it. It asks each shard of its own context for the matching aggregates, a page at a time, and
/// sends to them like to any other target. After a crash it begins again; the command ids derive
/// from event and target, so those that had it are recognised.
class policy_runner {
public:
  /// `behaviours`: all policies of the context on this source; they outlive the runner.
  policy_runner(shard& owner, std::vector<const policy_behaviour*> behaviours, shard_number source);

  void start();
  void stop();
  /// Name of its position: the policies it runs. Another set of policies begins anew.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& source_context() const { return reader_.context(); }
  [[nodiscard]] shard_number source() const { return reader_.shard(); }
  [[nodiscard]] bool connected() const { return reader_.connected(); }
  [[nodiscard]] record_index position() const;
  [[nodiscard]] std::size_t under_way() const { return window_.size(); }
  /// The source's newest record, as of what was taken last.
  [[nodiscard]] record_index head() const { return reader_.head(); }
  /// When the oldest event came whose reactions are not done; nothing: all are.
  [[nodiscard]] std::optional<wall_ms> oldest() const;
  /// Why it stands at an event; empty: it goes on.
  [[nodiscard]] const std::string& stopped_at() const { return halted_at_; }
  [[nodiscard]] const std::vector<const policy_behaviour*>& policies() const { return behaviours_; }

private:
  struct step {
    reaction what;
    command_id command;
    std::uint64_t token = 0; ///< of the request under way; 0 while none is
    monotonic_time sent;
    std::chrono::milliseconds backoff{0};
    bool done = false;
  };
  /// A one-to-many reaction on its way through the shards of its context.
  struct sweep {
    reaction what;
    command_id base; ///< the commands' ids derive from it and their targets
    std::uint32_t shard = 0;
    aggregate_id after; ///< the last one found in that shard
    std::uint64_t token = 0;
    std::chrono::milliseconds backoff{0};
  };
  /// One event and what follows from it.
  struct slot {
    record_index index;
    wall_ms time = 0; ///< of the event
    std::string correlation;
    trace_context trace;
    std::vector<step> steps;
    std::deque<sweep> sweeps; ///< begun when the slot is the first and its steps are done
    bool sent = false;
    [[nodiscard]] bool steps_done() const;
  };

  void take(std::vector<published_event>& events, record_index next);
  /// The event's reactions as a slot; false if nothing follows from it. An error: it cannot be
  /// reacted to.
  [[nodiscard]] result<bool> plan(const published_event& event, slot& to);
  [[nodiscard]] result<reactions> react(const policy_behaviour& policy,
                                        const published_event& event);
  void halt(const published_event& at, const error& why);
  void go_on();
  void send_ready();
  void line_up(slot& of, step& what);
  void send(slot& of, step& what);
  void answered(slot& of, step& what, answer& from);
  void finish(slot& of, step& what);
  void ask_for_page(slot& of);
  void page_came(slot& of, answer& from);
  void retire();
  void advance();
  void note();
  void watch();

  shard& owner_;
  std::vector<const policy_behaviour*> behaviours_;
  std::string name_;
  stream_reader reader_;
  std::deque<slot> window_; ///< bounded by the reader's credit
  std::map<aggregate_id, std::deque<std::pair<slot*, step*>>> lines_; ///< per target, first is sent
  record_index next_{1};
  record_index noted_{1};
  std::chrono::milliseconds halted_for_{0}; ///< until the event is tried again; 0: it goes on
  std::string halted_at_;                   ///< the event, and why
  std::int64_t halted_event_ms_ = 0;
  bool note_armed_ = false;
  bool passed_events_ = false;   ///< since the position was last noted
  std::uint64_t generation_ = 0; ///< answers to steps of an earlier start are ignored
};

} // namespace troupe
