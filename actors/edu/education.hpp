#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/edu.hpp"

#include <variant>

namespace troupe::edu {

/// The course of one application, under the application's id: EduRegistered → EduCompleted, and
/// gone once the application is cancelled. Payment and cancellation come from two contexts, in any
/// order: a cancelled enrolment is remembered, so that a payment seen later registers nothing.
struct education {
  using state = education_state;
  using event = std::variant<edu_registered, edu_completed, edu_cancelled, edu_withdrawn>;
  using commands =
      type_list<register_education, change_education, cancel_education, withdraw_education>;
  using settles = type_list<>;
  using compensates = type_list<>;

  static decision<event> decide(const state&, const register_education&, const turn_info&);
  /// Completing what is completed changes nothing.
  static decision<event> decide(const state&, const change_education&, const turn_info&);
  static decision<event> decide(const state&, const cancel_education&, const turn_info&);
  /// There is no application that could hear of it, so nothing is published.
  static decision<event> decide(const state&, const withdraw_education&, const turn_info&);

  static state evolve(state, const edu_registered&);
  static state evolve(state, const edu_completed&);
  static state evolve(state, const edu_cancelled&);
  static state evolve(state, const edu_withdrawn&);
  static bool exists(const state&);
};

/// Policy RegisterEdu: when an application was paid, the customer is enrolled.
reactions register_edu(const paid&);
/// Policy WithdrawEdu: when the payment was voided, that is taken back.
reactions withdraw_edu(const pay_voided&);
/// Policy CancelEdu: when the application was cancelled, the enrolment is as well.
reactions cancel_edu(const edu_app_cancelled&);

} // namespace troupe::edu
