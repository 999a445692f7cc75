#include "messages/admin_verbs.hpp"

#include <algorithm>
#include <array>

namespace troupe {
namespace {

constexpr std::array role_names{std::string_view{"observe"}, std::string_view{"inspect"},
                                std::string_view{"operate"}};

using enum role;
constexpr std::array verbs = std::to_array<admin_verb>({
    {"actor", inspect},
    {"actor-dry-run", inspect},
    {"actor-restart", operate},
    {"actor-state", inspect},
    {"actor-stop", operate},
    {"actors", observe},
    {"audit", observe},
    {"breaker-mode", operate},
    {"breakers", observe},
    {"cause", observe},
    {"context-delay", operate},
    {"context-start", operate},
    {"context-stop", operate},
    {"deadletter", inspect},
    {"deadletter-drop", operate},
    {"deadletter-retry", operate},
    {"deadletters", observe},
    {"events", observe},
    {"healing", observe},
    {"healing-switch", operate},
    {"history", inspect},
    {"journal", inspect},
    {"leave", operate},
    {"limit", operate},
    {"live", observe},
    {"metrics", observe},
    {"policies", observe},
    {"quarantine", operate},
    {"release", operate},
    {"shard-move", operate},
    {"shards", observe},
    {"status", observe},
    {"top", observe},
    {"tree", observe},
    {"view-rebuild", operate},
    {"view-status", observe},
});
static_assert(std::ranges::is_sorted(verbs, {}, &admin_verb::name));

} // namespace

std::string_view role_name(role of) {
  return role_names[static_cast<std::size_t>(of)];
}

std::optional<role> role_named(std::string_view name) {
  const auto found = std::ranges::find(role_names, name);
  if (found == role_names.end()) return std::nullopt;
  return static_cast<role>(found - role_names.begin());
}

std::span<const admin_verb> admin_verbs() {
  return verbs;
}

const admin_verb* find_admin_verb(std::string_view name) {
  const auto found = std::ranges::lower_bound(verbs, name, {}, &admin_verb::name);
  return found != verbs.end() && found->name == name ? &*found : nullptr;
}

} // namespace troupe
