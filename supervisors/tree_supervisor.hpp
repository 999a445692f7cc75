#pragma once

#include "actors/healing.hpp"
#include "actors/supervision.hpp"
#include "seams/clock.hpp"
#include "supervisors/context_state.hpp"
#include "supervisors/tree.hpp"

#include <caf/event_based_actor.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

/// What the supervisors of the tree have in common. Private to this folder: it shows CAF.
namespace troupe {

/// The one message between supervisors, lanes and operators.
struct tree_note {
  enum class kind : std::uint8_t {
    start,
    stop,
    settle,
    opened,
    closed,
    failed,
    retry,
    restart_child
  };
  kind what = kind::start;
  context_state* context = nullptr;
  std::uint32_t number = 0;  ///< of a shard, or of a child
  std::uint64_t attempt = 0; ///< of the part; notes of earlier ones are late
  bool good = true;
  std::string why;
  bool locked = false; ///< it could not be opened because somebody else still has its files
};

/// What all supervisors need. Outlives the tree in their hands: what the tree was given is reached
/// under a lock, and no more once the tree has been destroyed.
struct tree_surroundings {
  supervision_rules& rules;
  healing& heals;
  const clock& time;
  std::recursive_mutex world_mutex;
  part_keeper* keeper; ///< under world_mutex; null once the tree is gone
  std::function<void(const std::string&)> escalated; ///< likewise
  std::mutex mutex;
  std::map<const context_state*, caf::actor> supervisor_of; ///< under mutex: restarts replace them
  std::atomic<std::uint64_t> supervisors{0};                ///< of contexts, made so far

  template <class Act> void with_keeper(Act act) {
    const std::lock_guard lock{world_mutex};
    if (keeper != nullptr) act(*keeper);
  }
  void tell(context_state& context, tree_note what);
};

class tree_supervisor : public caf::event_based_actor {
public:
  tree_supervisor(caf::actor_config& config, std::shared_ptr<tree_surroundings> around);
  caf::behavior make_behavior() override;

protected:
  virtual void begin() {}
  virtual void handle(tree_note&) {}
  virtual void child_ended(const caf::actor_addr&, const std::string&) {}
  /// Acts only while the tree is there: the contexts are gone soon after it, and notes that were on
  /// their way still come.
  template <class Act> void in_the_world(Act act) {
    around_->with_keeper([&](part_keeper&) { act(); });
  }
  /// Fails upwards: the parent sees a child that ended for a reason.
  void escalate(const std::string& who, const std::string& why);

  std::shared_ptr<tree_surroundings> around_;
};

/// Makes the supervisor of a context as a monitored child of `parent`. `heals` is the number of the
/// healing action that it begins with, 0 if none.
[[nodiscard]] caf::actor spawn_context_supervisor(caf::event_based_actor& parent,
                                                  std::shared_ptr<tree_surroundings> around,
                                                  context_state* context, std::uint64_t heals);

} // namespace troupe

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(troupe::tree_note)
