#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/mybnb.hpp"

#include <variant>

namespace troupe::mybnb {

/// One row of the payments' history: a stay was paid, or its payment was cancelled. Rows are only
/// added; pay gives them their ids.
struct payment {
  using state = payment_state;
  using event = std::variant<pay_approved, pay_canceled, pay_voided>;
  using commands = type_list<pay, cancel_payment>;
  using settles = type_list<>;
  using compensates = type_list<pay>;

  static decision<event> decide(const state&, const pay&, const turn_info&);
  static decision<event> decide(const state&, const cancel_payment&, const turn_info&);
  /// The booking it paid never came to be, so there is no history to tell.
  static decision<event> compensate(const state&, const pay&, const turn_info&);

  static state evolve(state, const pay_approved&);
  static state evolve(state, const pay_canceled&);
  static state evolve(state, const pay_voided&);
  static bool exists(const state&);
};

/// Policy CancelPayment: when a booking was cancelled, a row says that its payment is as well.
reactions cancel_payment_of(const book_canceled&);

} // namespace troupe::mybnb
