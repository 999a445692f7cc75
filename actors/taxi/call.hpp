#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/taxi.hpp"

#include <variant>

namespace troupe::taxi {

/// A passenger's call. It comes to be once its fare is registered at payment; its status follows
/// the driver's.
struct call {
  using state = call_state;
  using event = std::variant<called_taxi, call_status_followed>;
  using commands = type_list<call_taxi, update_call_status>;
  using settles = type_list<settled_by<call_taxi, payment_state>>;
  using compensates = type_list<>;

  static decision<event> decide(const state&, const call_taxi&, const turn_info&);
  static decision<event> settle(const state&, const call_taxi&, const payment_state&,
                                const turn_info&);
  static decision<event> decide(const state&, const update_call_status&, const turn_info&);

  static state evolve(state, const called_taxi&);
  static state evolve(state, const call_status_followed&);
};

/// Policy UpdateStatus: when the driver's status of a call changed, the call follows.
reactions follow_driver(const updated_status&);

} // namespace troupe::taxi
