#pragma once

#include "actors/port.hpp"
#include "actors/shard.hpp"
#include "messages/error.hpp"
#include "messages/hello.hpp"
#include "messages/value.hpp"
#include "persistence/storage.hpp"
#include "seams/clock.hpp"
#include "supervisors/late_answers.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

struct node_options {
  std::string name = "n1";
  std::uint32_t lanes = 2;          ///< 1 to 64
  std::uint32_t shards = 4;         ///< of a context made anew; kept from then on; 1 to 1,024
  std::vector<std::string> systems; ///< to run; empty: all of this build
  std::map<std::string, answer_delay> delays; ///< per context, how late it answers asks
  shard_limits limits;
  /// The top of the tree gave up: the process had better end. Called at most once, from any thread.
  std::function<void(const std::string& why)> escalated;
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
  [[nodiscard]] virtual value status() const = 0;
  [[nodiscard]] virtual value tree() const = 0;
  /// Adds a source of numbers to `status`, such as the server's counters. Before `submit` only.
  virtual void add_status(std::string name, std::function<value()> source) = 0;
  /// Refuses new requests, closes all shards (snapshots are written), ends lanes and supervisors.
  /// Idempotent; the destructor calls it.
  virtual void stop() = 0;
};

} // namespace troupe
