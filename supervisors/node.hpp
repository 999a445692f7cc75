#pragma once

#include "actors/port.hpp"
#include "actors/shard.hpp"
#include "messages/error.hpp"
#include "messages/hello.hpp"
#include "messages/metric_page.hpp"
#include "messages/shard_map.hpp"
#include "messages/token_bucket.hpp"
#include "messages/value.hpp"
#include "persistence/audit_journal.hpp"
#include "persistence/storage.hpp"
#include "seams/clock.hpp"
#include "supervisors/lane_watch.hpp"
#include "supervisors/late_answers.hpp"
#include "supervisors/restart_rules.hpp"
#include "supervisors/self_healing.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// The rest of the cluster, as a node needs it. Implemented beside the node (net/cluster); every
/// method from any thread, none blocks.
class cluster_side {
public:
  virtual ~cluster_side() = default;
  /// Sends a part's request to the owner of the shard; exactly one answer follows at its port, as
  /// with `request_handler::submit`. An owner that is not there now: `context_down` with a hint.
  virtual void forward(const shard_ref& to, inbound& what) = 0;
  /// Credit or end of a subscription; of one that was not forwarded nothing happens.
  virtual void forward_about(inbound& what) = 0;
  /// Where a client finds the shard: `not_owner` with the place.
  [[nodiscard]] virtual error redirect(const shard_ref& to) const = 0;
  /// Never null.
  [[nodiscard]] virtual std::shared_ptr<const shard_map> map() const = 0;
  /// What an operator wants of a context, for all nodes; what is not given stays as it is. Returns
  /// at once; `arrange` of every node follows.
  virtual void want_of(const std::string& context, std::optional<bool> stopped,
                       std::optional<answer_delay> delay) = 0;
  /// The operator wants this node to give away what it owns.
  virtual void leave() = 0;
  /// The operator wants the shard at that node, where it stays until the node leaves or it is moved
  /// again; `any`: wherever it is, it may be moved for balance again. Returns at once with the name
  /// of its present owner; the map tells how it goes. Errors: `not_found` (node), `rejected` with a
  /// reason (`ALONE`, `NOT_ACTIVE`, `NOT_HOSTED`, `ALREADY_THERE`, `MOVING`), `context_down`.
  [[nodiscard]] virtual result<std::string> move_shard(const shard_ref& which,
                                                       const std::string& to) = 0;
};

/// How a part of a node stands, for the cluster's side.
struct part_report {
  shard_ref which;
  enum class phase : std::uint8_t { closed, opening, open, closing } is = phase::closed;
  epoch_number epoch;
  bool prepared = false;
};

struct node_options {
  std::string name = "n1";
  std::string build;                ///< shown to people and other nodes; empty: that of the library
  std::uint32_t lanes = 2;          ///< 1 to 64
  std::uint32_t shards = 4;         ///< of a context made anew; kept from then on; 1 to 1,024
  std::vector<std::string> systems; ///< to run; empty: all of this build
  std::map<std::string, answer_delay> delays; ///< per context, how late it answers asks
  shard_limits limits;
  lane_gate_settings gate;                 ///< who may wait for a lane
  std::map<std::string, rate_limit> rates; ///< per context, what clients may send to this node
  /// Null: the node is alone and owns every shard from the start. Else it owns what it is given by
  /// `own`. Outlives the node.
  cluster_side* cluster = nullptr;
  /// Shards per context, where the cluster has agreed on them; overrides what is on disk.
  std::map<std::string, std::uint32_t> shards_of;
  /// Until when (nanoseconds of the monotonic clock) it may commit and answer: the lease. Null:
  /// ever.
  std::shared_ptr<const std::atomic<std::int64_t>> serves_until;
  std::function<void()> parts_changed; ///< some part's report changed; from any thread, cheap
  /// Where its lanes note what they are about, and what took other processes down. Null: nowhere.
  /// Outlives the node.
  turn_notes* notes = nullptr;
  /// Where operators' verbs are written down. Null: nowhere. Outlives the node.
  audit_journal* audit = nullptr;
  /// The top of the tree gave up: the process had better end. Called at most once, from any thread.
  std::function<void(const std::string& why)> escalated;
  /// So many failures of one child within ten minutes, and its supervisor gives up; 1 or more.
  std::uint32_t failures_max = shard_restarts().failures_max;
  /// Keeps the histograms of `metrics`; off only to see what they cost.
  bool measures = true;
  watch_limits watch;       ///< of its lanes
  healing_settings healing; ///< what it does by itself, and how often
  /// A lane is stuck, and the stack of its thread is on stderr: the process must end at once,
  /// because nothing tidy can be done any more. Called at most once, from a thread of its own.
  /// Empty: it is told of as an event, and that is all.
  std::function<void(const std::string& why)> stuck;
};

/// One node: lanes with the shards of its contexts, supervised from the top down, and the routes to
/// them. It is the handler of whatever front it stands behind (ZeroMQ server, test).
///
/// Thread rules: every method from any thread. Answers come from lane threads.
class node : public request_handler {
public:
  /// Starts lanes and supervisors and opens every context in the background: `ready` tells when.
  /// `malformed` for options out of range or unknown systems. Storage and clock outlive the node.
  [[nodiscard]] static result<std::unique_ptr<node>> start(node_options options, storage& store,
                                                           const clock& time);

  /// Whether every context that should run does; `waiting` (optional) gets those that do not.
  [[nodiscard]] virtual bool up(std::vector<std::string>* waiting = nullptr) const = 0;
  /// The same, and every view in memory has what its sources had when it was opened, as far as they
  /// run: before that it would show less than was there; `waiting` also says how far it is.
  [[nodiscard]] virtual bool ready(std::vector<std::string>* waiting = nullptr) const = 0;
  /// Stops or starts a context with those that are part of it; returns at once, `ready` and
  /// `status` tell how it goes. One that is part of another is stopped and started with that one
  /// only.
  [[nodiscard]] virtual result<void> stop_context(const std::string& name) = 0;
  [[nodiscard]] virtual result<void> start_context(const std::string& name) = 0;
  /// Owns a shard from now on, with that epoch, and opens it in the background.
  virtual void own(const shard_ref& which, epoch_number epoch) = 0;
  /// Closes a shard for a new owner, and serves it a little longer: what is derived from its
  /// journal is written first, in steps, so that closing it takes no time. Then as `disown`.
  virtual void hand_over(const shard_ref& which) = 0;
  /// Closes a shard: `parts` tells when. Whoever waits for it is sent on to its new owner.
  virtual void disown(const shard_ref& which) = 0;
  /// Loads beforehand what a take-over of the shard will need, or drops it again.
  virtual void prepare(const shard_ref& which, bool cancel) = 0;
  /// What operators want of a context, as the cluster has it; no delay: as it is.
  virtual void arrange(const std::string& context, bool stopped,
                       std::optional<answer_delay> delay) = 0;
  /// Of every shard that it owns, opens, closes or has prepared.
  [[nodiscard]] virtual std::vector<part_report> parts() const = 0;
  /// Whether no lane stands still; `why` (optional) gets who does. It says nothing of other nodes,
  /// files or callees, for which nobody should be killed.
  [[nodiscard]] virtual bool live(std::string* why = nullptr) const = 0;
  /// What it heals by itself; for those beside it that heal too.
  [[nodiscard]] virtual self_healing& heals() = 0;
  [[nodiscard]] virtual value status() const = 0;
  [[nodiscard]] virtual value tree() const = 0;
  /// Adds a source of numbers to `status`, such as the server's counters. Before `submit` only.
  virtual void add_status(std::string name, std::function<value()> source) = 0;
  /// Where operators' verbs are taken, as a hello tells it; empty: nowhere.
  virtual void tell_admin_endpoint(std::string endpoint) = 0;
  /// Every number of this node by docs/metrics.md, from atomics and short locks only: it does not
  /// wait for lanes.
  [[nodiscard]] virtual metric_page metrics() const = 0;
  /// Adds a source of samples. Before `submit` only.
  virtual void add_metrics(std::function<void(metric_page&)> source) = 0;
  /// Tells everybody who listens to this node; also for what runs beside it in its process.
  virtual void happened(supervision_event what) = 0;
  /// Refuses new requests, closes all shards (snapshots are written), ends lanes and supervisors.
  /// Idempotent; the destructor calls it.
  virtual void stop() = 0;
};

} // namespace troupe
