#pragma once

#include "messages/error.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// What a node does by itself about what has failed. Nodes themselves are started again by the
/// launcher, which has limits and records of its own.
enum class healing_action : std::uint8_t {
  restart_aggregate, ///< its actor is made again from its last committed state
  restart_shard,     ///< a shard or view is closed and opened again, or folds its journal again
  restart_context,   ///< a context's supervisor and all its parts begin again
  rebuild_view,      ///< a view's rows are built anew from its sources
  reopen_socket      ///< a connection to another node is made again with a new socket
};

inline constexpr std::array all_healing_actions{
    healing_action::restart_aggregate, healing_action::restart_shard,
    healing_action::restart_context, healing_action::rebuild_view, healing_action::reopen_socket};

[[nodiscard]] constexpr std::string_view name_of(healing_action action) {
  constexpr std::array<std::string_view, all_healing_actions.size()> names{
      "restart-aggregate", "restart-shard", "restart-context", "rebuild-view", "reopen-socket"};
  return names[static_cast<std::size_t>(action)];
}

[[nodiscard]] constexpr std::optional<healing_action> healing_action_of(std::string_view name) {
  for (const auto each : all_healing_actions)
    if (name_of(each) == name) return each;
  return std::nullopt;
}

/// Stands before every action of self-healing: counts and records it, refuses it when it is
/// switched off or was taken too often. Declared here because the runtime calls it, implemented in
/// supervisors/. Thread-safe; cheap.
class healing {
public:
  virtual ~healing() = default;
  /// An action begins, because of `cause`: its number, and `end` must follow once. Else
  /// `rate_limited`, with the time after which to try again, also if it is switched off: whoever
  /// wanted it stays failed until then, and tries again.
  [[nodiscard]] virtual result<std::uint64_t> begin(healing_action what, const std::string& subject,
                                                    const std::string& cause) = 0;
  /// How it went; `outcome` in one sentence.
  virtual void end(std::uint64_t number, bool good, const std::string& outcome) = 0;
};

} // namespace troupe
