#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/screening.hpp"

#include <variant>

namespace troupe::screening {

/// A customer's screening. It comes to be with a place at the hospital, as REQUESTED; the ledger
/// makes it REQUEST_COMPLETED. The customer may cancel it at any time (CANCELED), and it is
/// cancelled with its hospital (FORCE_CANCELED); nothing leads out of these two.
struct screening {
  using state = screening_state;
  using event = std::variant<requested, request_completed, canceled, force_canceled>;
  using commands =
      type_list<request_screening, cancel_screening, complete_request, force_cancel_screening>;
  using settles = type_list<settled_by<request_screening, place_taken>>;
  using compensates = type_list<>;

  static decision<event> decide(const state&, const request_screening&, const turn_info&);
  static decision<event> settle(const state&, const request_screening&, const place_taken&,
                                const turn_info&);
  /// Repeating the present status, or cancelling what is cancelled, changes nothing.
  static decision<event> decide(const state&, const cancel_screening&, const turn_info&);
  static decision<event> decide(const state&, const complete_request&, const turn_info&);
  static decision<event> decide(const state&, const force_cancel_screening&, const turn_info&);

  static state evolve(state, const requested&);
  static state evolve(state, const request_completed&);
  static state evolve(state, const canceled&);
  static state evolve(state, const force_canceled&);
};

/// Policy CompleteRequest: when a reservation is in the ledger, its screening's request is
/// complete.
reactions complete_screening(const reservation_completed&);
/// Policy ForceCancelScreenings: when a hospital is deleted, all its screenings are cancelled.
reactions force_cancel_screenings(const hospital_deleted&);

} // namespace troupe::screening
