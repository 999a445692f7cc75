#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/taxi.hpp"

#include <variant>

namespace troupe::taxi {

/// One received call on the driver's list: Called → Accepted → Completed.
struct driver {
  using state = driver_state;
  using event = std::variant<call_received, updated_status>;
  using commands = type_list<receive_call, change_status>;
  using settles = type_list<settled_by<change_status, settled_cost>>;
  using compensates = type_list<>;

  static decision<event> decide(const state&, const receive_call&, const turn_info&);
  /// Completing asks payment for the escrowed fare first; repeating a status changes nothing.
  static decision<event> decide(const state&, const change_status&, const turn_info&);
  static decision<event> settle(const state&, const change_status&, const settled_cost&,
                                const turn_info&);

  static state evolve(state, const call_received&);
  static state evolve(state, const updated_status&);
};

/// Policy ReceiveCallList: when a taxi was called, the call reaches the driver's list.
reactions receive_call_list(const called_taxi&);

} // namespace troupe::taxi
