#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/mybnb.hpp"

#include <variant>

namespace troupe::mybnb {

/// The approval of one room, under the room's id. There is no refusal.
struct auth {
  using state = auth_state;
  using event = std::variant<auth_approved, auth_voided>;
  using commands = type_list<approve>;
  using settles = type_list<>;
  using compensates = type_list<approve>;

  static decision<event> decide(const state&, const approve&, const turn_info&);
  /// The room never came to be.
  static decision<event> compensate(const state&, const approve&, const turn_info&);

  static state evolve(state, const auth_approved&);
  static state evolve(state, const auth_voided&);
  static bool exists(const state&);
};

} // namespace troupe::mybnb
