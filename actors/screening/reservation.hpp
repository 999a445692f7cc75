#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/screening.hpp"

#include <variant>

namespace troupe::screening {

/// The ledger's entry for one screening, under the screening's id. It ends as its screening does,
/// in whatever order it hears of the hospital's deletion and of the screening's own fate.
struct reservation {
  using state = reservation_state;
  using event = std::variant<reservation_completed, reservation_changed>;
  using commands = type_list<make_reservation, cancel_reservation, force_cancel_reservation>;
  using settles = type_list<>;
  using compensates = type_list<>;

  static decision<event> decide(const state&, const make_reservation&, const turn_info&);
  /// The screening was cancelled by its customer, so it is that, also where the hospital's deletion
  /// was heard of first.
  static decision<event> decide(const state&, const cancel_reservation&, const turn_info&);
  static decision<event> decide(const state&, const force_cancel_reservation&, const turn_info&);

  static state evolve(state, const reservation_completed&);
  static state evolve(state, const reservation_changed&);
};

/// Policy MakeReservation: when a screening was requested, it is entered in the ledger.
reactions reserve(const requested&);
/// Policy CancelReservation: when the customer cancelled, the entry is cancelled.
reactions cancel_with_customer(const canceled&);
/// Policy ForceCancelReservation: when a screening was force-cancelled, so is its entry. An entry
/// that was made only after the hospital's deletion passed by is reached this way.
reactions cancel_with_screening(const force_canceled&);
/// Policy ForceCancelReservations: when a hospital is deleted, all its entries are cancelled.
reactions cancel_with_hospital(const hospital_deleted&);

} // namespace troupe::screening
