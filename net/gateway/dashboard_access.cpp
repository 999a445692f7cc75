#include "net/gateway/dashboard_access.hpp"

#include <string>

namespace troupe::gateway {
namespace {
constexpr std::string_view scheme = "Bearer ";
} // namespace

result<role> dashboard_access::role_of(std::string_view authorization) const {
  if (authorization.empty()) {
    if (all_observe_) return role::observe;
    return fail(errc::unauthorized, "who looks here shows a key: 'Authorization: Bearer KEY'");
  }
  if (!authorization.starts_with(scheme))
    return fail(errc::unauthorized, "keys are shown as 'Authorization: Bearer KEY'");
  if (!keys_)
    return fail(errc::unauthorized,
                "this gateway knows no keys, so nobody may do more than observe; start it with "
                "--admin-keys FILE");
  const auto found = keys_(authorization.substr(scheme.size()));
  if (!found) return fail(errc::unauthorized, "this key is not known here");
  return *found;
}

result<const admin_verb*> dashboard_access::permit(std::string_view verb, role has) {
  const auto* found = find_admin_verb(verb);
  if (found == nullptr)
    return fail(errc::unknown_command,
                "there is no admin verb '" + std::string{verb} + "'; GET /troupe/api lists them");
  if (found->needs > has)
    return fail(errc::unauthorized, std::string{verb} + " needs the role " +
                                        std::string{role_name(found->needs)} +
                                        ", this caller has " + std::string{role_name(has)} +
                                        "; show a key of that role: Authorization: Bearer KEY");
  return found;
}

} // namespace troupe::gateway
