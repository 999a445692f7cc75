#pragma once

#include "actors/actor_runtime.hpp"
#include "actors/healing.hpp"
#include "actors/supervision.hpp"
#include "supervisors/context_state.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// How a context supervisor acts on the world; implemented by the node, called on CAF's threads.
class part_keeper {
public:
  virtual ~part_keeper() = default;
  using opened_callback = std::function<void(result<void>)>;
  /// Opens a part on its lane; `opened` is called once, from the lane.
  virtual void open(context_state& context, std::uint32_t shard, opened_callback opened,
                    std::function<void(const error&)> failed) = 0;
  virtual void close(context_state& context, std::uint32_t shard, std::function<void()> closed) = 0;
  /// A part's phase, or what it was opened with, may have changed.
  virtual void changed(context_state& context, std::uint32_t shard) = 0;
};

/// The supervision tree above the lanes (design.md §6): node → system → context, each a CAF actor
/// on CAF's scheduler that monitors the ones below. A context supervisor restarts its parts with
/// backoff; when a part fails too often the context fails and its system restarts it as a whole,
/// with its companions: every part is closed and opened again, and serves until then. What cannot
/// be helped escalates to the node and out of it. Which strategy each level has is said in
/// restart_strategy.hpp; every restart passes `healing`.
class supervision_tree {
public:
  /// References outlive the tree.
  supervision_tree(actor_runtime& runtime, supervision_rules& rules, healing& heals,
                   part_keeper& keeper, const clock& time, std::vector<context_state*> contexts,
                   std::function<void(const std::string&)> escalated);
  ~supervision_tree(); ///< as `end`
  /// Supervisors end; parts stay as they are. Whoever says something afterwards is not heard.
  void end();

  /// Thread-safe; return at once.
  void start(context_state& context);
  void stop(context_state& context);
  /// The node owns the part now, or does not any more.
  void settle(context_state& context, std::uint32_t shard);

private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

} // namespace troupe
