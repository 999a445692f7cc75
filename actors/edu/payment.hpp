#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/edu.hpp"

#include <variant>

namespace troupe::edu {

/// The payment of one application, under the application's id: Paid → PayCancelled.
struct payment {
  using state = payment_state;
  using event = std::variant<paid, pay_cancelled, pay_voided>;
  using commands = type_list<pay, cancel_payment>;
  using settles = type_list<>;
  using compensates = type_list<pay>;

  static decision<event> decide(const state&, const pay&, const turn_info&);
  static decision<event> decide(const state&, const cancel_payment&, const turn_info&);
  /// The application it paid never came to be: the customer paid nothing.
  static decision<event> compensate(const state&, const pay&, const turn_info&);

  static state evolve(state, const paid&);
  static state evolve(state, const pay_cancelled&);
  static state evolve(state, const pay_voided&);
  static bool exists(const state&);
};

/// Policy PayCancel: when an application was cancelled, its payment is as well.
reactions cancel_payment_of(const edu_app_cancelled&);

} // namespace troupe::edu
