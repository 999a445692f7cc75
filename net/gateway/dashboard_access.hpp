#pragma once

#include "messages/admin_verbs.hpp"
#include "messages/error.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace troupe::gateway {

/// The role that a key stands for; none if nobody has that key. Must take the same time for every
/// key of one length.
using key_roles = std::function<std::optional<role>(std::string_view key)>;

/// Who may see and do what through the gateway's admin plane. Immutable: any thread may use it.
class dashboard_access {
public:
  /// Without `keys` everybody has the role observe and nobody another one. Where there is a key for
  /// observing too, `all_observe` is false: then who shows none sees nothing.
  explicit dashboard_access(key_roles keys = {}, bool all_observe = true)
      : keys_(std::move(keys)), all_observe_(all_observe) {}

  /// The role that an `Authorization` header shows; observe if there is none, where all may. Else
  /// `unauthorized`, and so for
  /// what is not `Bearer KEY` with a key that is known: a caller that shows a key wants to know
  /// that it is wrong.
  [[nodiscard]] result<role> role_of(std::string_view authorization) const;

  /// The verb, if there is one of that name (`unknown_command`) and the role is enough for it
  /// (`unauthorized`).
  [[nodiscard]] static result<const admin_verb*> permit(std::string_view verb, role has);

private:
  key_roles keys_;
  bool all_observe_;
};

} // namespace troupe::gateway
