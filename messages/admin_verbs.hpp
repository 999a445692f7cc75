#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace troupe {

/// What somebody who looks inside may see and do; each role may do what those before it may.
enum class role : std::uint8_t {
  observe, ///< numbers, states, positions: nothing of what callers sent
  inspect, ///< also what callers sent and what aggregates hold; sensitive fields stay redacted
  operate, ///< also change something: stop, release, retry, move
};

[[nodiscard]] std::string_view role_name(role of);
[[nodiscard]] std::optional<role> role_named(std::string_view name);

/// One verb of the admin plane. Names and payloads: docs/protocol.md.
struct admin_verb {
  std::string_view name;
  role needs = role::operate;

  /// Who does it is written down in the audit journal.
  [[nodiscard]] bool changes() const { return needs == role::operate; }
};

/// Every verb of this build, sorted by name.
[[nodiscard]] std::span<const admin_verb> admin_verbs();
/// Null: there is no such verb.
[[nodiscard]] const admin_verb* find_admin_verb(std::string_view name);

} // namespace troupe
