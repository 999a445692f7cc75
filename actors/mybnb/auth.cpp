#include "actors/mybnb/auth.hpp"

namespace troupe::mybnb {

decision<auth::event> auth::decide(const state& now, const approve& command,
                                   const turn_info& info) {
  const auth_state wanted{command, status_after<auth_approved>()};
  if (wanted == now) return accept();
  return accept(auth_approved{wanted, info.id.number});
}

decision<auth::event> auth::compensate(const state& now, const approve&, const turn_info& info) {
  if (!exists(now)) return accept();
  return accept(auth_voided{info.id.number});
}

auth_state auth::evolve(state, const auth_approved& event) {
  return event;
}

auth_state auth::evolve(state, const auth_voided&) {
  return {};
}

bool auth::exists(const state& now) {
  return now.status.has_value();
}

} // namespace troupe::mybnb
