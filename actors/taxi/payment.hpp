#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/taxi.hpp"

#include <variant>

namespace troupe::taxi {

/// The fare of one call, held in escrow under the call's id.
struct payment {
  using state = payment_state;
  using event = std::variant<registered_destination_info, fare_voided>;
  using commands = type_list<register_fare>;
  using settles = type_list<>;
  using compensates = type_list<register_fare>;

  static decision<event> decide(const state&, const register_fare&, const turn_info&);
  /// The call it was registered for never came to be: the fare is given back.
  static decision<event> compensate(const state&, const register_fare&, const turn_info&);

  static state evolve(state, const registered_destination_info&);
  static state evolve(state, const fare_voided&);
  static bool exists(const state&);
};

} // namespace troupe::taxi
