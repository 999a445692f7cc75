#pragma once

#include "actors/decision.hpp"
#include "messages/descriptor.hpp"
#include "messages/envelope.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// What one turn decided, encoded: filled by an `aggregate_instance`, read by the aggregate's host.
/// Reused from turn to turn, so that a turn allocates next to nothing.
struct turn_decision {
  struct event {
    std::string_view name; ///< of static storage
    std::size_t begin = 0; ///< of its payload in `bytes`
    std::size_t end = 0;
  };
  std::string bytes;
  std::vector<event> events;
  std::optional<std::string> answer;
  std::optional<rejection> refused;
  std::optional<ask_call> asked;
  std::vector<timer_setting> timers;
  std::vector<std::string> cleared;

  void clear();
};

/// The live state of one aggregate behind its type: decide and evolve without knowing the system.
/// Owned by the aggregate's actor. Exceptions from domain code pass through and end the actor.
class aggregate_instance {
public:
  virtual ~aggregate_instance() = default;
  /// Decides a command and, if accepted, evolves the state by its events.
  virtual void handle(std::string_view command, std::string_view payload, const turn_info& info,
                      turn_decision& to) = 0;
  /// The answer to what an earlier `command` asked (`asked`) has come: decides how it ends, or that
  /// it asks again.
  virtual void settle(std::string_view command, std::string_view payload, std::string_view asked,
                      std::string_view reply, const turn_info& info, turn_decision& to) = 0;
  /// The asker of `command`, which had been accepted, gave up: decides how to make it good.
  virtual void compensate(std::string_view command, std::string_view payload, const turn_info& info,
                          turn_decision& to) = 0;
  /// Evolves by a recorded event.
  [[nodiscard]] virtual result<void> replay(std::string_view event, std::string_view payload) = 0;
  virtual void write_state(std::string& to) const = 0;
  /// Takes up a saved state; `live`: it existed when it was saved.
  [[nodiscard]] virtual result<void> read_state(std::string_view bytes, bool live) = 0;
  /// Whether there is something to show: false before the first event and after a removal.
  [[nodiscard]] virtual bool exists() const = 0;
};

/// A policy: event of another context → commands to its own aggregates.
struct policy_behaviour {
  std::string_view name;
  std::string_view source;
  std::string_view event;
  std::function<result<reactions>(const published_event&)> react;
};

/// A view: event of a source → row changes; events it does not know change nothing.
struct view_behaviour {
  std::string_view source;
  std::string_view event;
  std::function<result<row_changes>(const published_event&)> fold;
};

/// Everything the runtime needs of one context. The descriptor says the same to the outside.
struct context_behaviour {
  const context_info* info = nullptr;
  std::function<std::unique_ptr<aggregate_instance>()> make_aggregate = {}; ///< empty: view
  std::vector<policy_behaviour> policies = {};
  std::vector<view_behaviour> folds = {};
};

/// Behaviours of all contexts of this build (messages/systems.def), in catalogue order.
[[nodiscard]] const std::vector<context_behaviour>& all_behaviours();

} // namespace troupe
