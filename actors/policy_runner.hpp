#pragma once

#include "actors/behaviour.hpp"
#include "actors/stream_reader.hpp"

#include <deque>
#include <map>
#include <vector>

namespace troupe {

class shard;

/// Runs one policy over the stream of one source shard (P5): event → commands to its own context's
/// aggregates, in order per target, each with one effect, because a command's id derives from the
/// event's address. The position is recorded in the journal of the shard it belongs to; what is
/// handled again after a crash is recognised by its id.
///
/// A command that the business refuses is done; one that cannot be handled now is tried again, and
/// nothing behind it for the same target overtakes it.
class policy_runner {
public:
  policy_runner(shard& owner, const policy_behaviour& behaviour, shard_number source);

  void start();
  void stop();
  [[nodiscard]] const policy_behaviour& behaviour() const { return behaviour_; }
  [[nodiscard]] shard_number source() const { return reader_.shard(); }
  [[nodiscard]] bool connected() const { return reader_.connected(); }
  [[nodiscard]] record_index position() const;
  [[nodiscard]] std::size_t under_way() const { return window_.size(); }

private:
  struct step {
    reaction what;
    command_id command;
    std::uint64_t token = 0; ///< of the request under way; 0 while none is
    monotonic_time sent;
    std::chrono::milliseconds backoff{0};
    bool done = false;
  };
  struct slot {
    record_index index;
    std::string correlation;
    std::vector<step> steps;
    [[nodiscard]] bool done() const;
  };

  void take(std::vector<published_event>& events, record_index next);
  void send(slot& of, step& what);
  void answered(slot& of, step& what, answer& from);
  void finish(step& what);
  void advance();
  void note_soon();
  void watch();

  shard& owner_;
  const policy_behaviour& behaviour_;
  stream_reader reader_;
  std::deque<slot> window_; ///< bounded by the reader's credit
  std::map<aggregate_id, std::deque<std::pair<slot*, step*>>> lines_; ///< per target, first is sent
  record_index next_{1};
  record_index noted_{1};
  bool note_armed_ = false;
  bool passed_events_ = false;   ///< since the position was last noted
  std::uint64_t generation_ = 0; ///< answers to steps of an earlier start are ignored
};

} // namespace troupe
