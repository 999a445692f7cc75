#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/mybnb.hpp"

#include <variant>

namespace troupe::mybnb {

/// A host's room. It comes to be once auth has approved it.
struct room {
  using state = room_state;
  using event = std::variant<room_registered, room_changed, room_deleted>;
  using commands = type_list<register_room, change_room, replace_room, withdraw_room>;
  using settles = type_list<settled_by<register_room, auth_state>>;
  using compensates = type_list<>;

  static decision<event> decide(const state&, const register_room&, const turn_info&);
  static decision<event> settle(const state&, const register_room&, const auth_state&,
                                const turn_info&);
  static decision<event> decide(const state&, const change_room&, const turn_info&);
  static decision<event> decide(const state&, const replace_room&, const turn_info&);
  static decision<event> decide(const state&, const withdraw_room&, const turn_info&);

  static state evolve(state, const room_registered&);
  static state evolve(state, const room_changed&);
  static state evolve(state, const room_deleted&);
  static bool exists(const state&);
};

} // namespace troupe::mybnb
