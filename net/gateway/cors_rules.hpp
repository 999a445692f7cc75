#pragma once

#include "messages/descriptor.hpp"
#include "messages/error.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::gateway {

/// Which origins' pages may read the answers. Never with credentials: there are none.
struct cors_policy {
  bool any = true;                    ///< the list does not count
  std::vector<std::string> origins{}; ///< as browsers send them, e.g. "https://shop.example:8443"

  /// What `Access-Control-Allow-Origin` says to a page of this origin; empty: nothing.
  [[nodiscard]] std::string_view answer_to(std::string_view origin) const;
  /// The answer is not the same for every origin, which caches have to know.
  [[nodiscard]] bool varies() const { return !any && !origins.empty(); }
};

/// The policy of each system, and one for all the others. Immutable, so any thread may use it.
class cors_rules {
public:
  /// Any origin, for every system.
  cors_rules() = default;

  /// Reads entries `SYSTEM=ORIGIN[,ORIGIN...]`, `SYSTEM=*` or `SYSTEM=none`; without `SYSTEM=` an
  /// entry is for systems that have none of their own, and for what belongs to no system. An entry
  /// may hold several, separated by spaces. `malformed`: an unknown system, what no browser would
  /// send as an origin, two entries for one system.
  [[nodiscard]] static result<cors_rules> read(std::span<const std::string> entries,
                                               std::span<const context_info> contexts);

  /// By a system's name; whatever is no system's name gets the policy of the others.
  [[nodiscard]] const cors_policy& of(std::string_view system) const;

private:
  [[nodiscard]] result<void> add(std::string_view entry, std::span<const context_info> contexts);

  std::vector<std::pair<std::string, cors_policy>> entries_; ///< "": the others
};

} // namespace troupe::gateway
