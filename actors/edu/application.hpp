#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/edu.hpp"

#include <variant>

namespace troupe::edu {

/// A customer's application for a course. It comes to be once it is paid; then its status follows
/// the education's, until the customer cancels:
///
///   EduApplied → EduRegistered → EduCompleted
///        └─────────────┴──────→ EduAppCancelled → EduCancelled
struct application {
  using state = application_state;
  using event = std::variant<edu_applied, edu_app_cancelled, application_followed>;
  using commands = type_list<apply, change_application, follow_education>;
  using settles = type_list<settled_by<apply, payment_state>>;
  using compensates = type_list<>;

  static decision<event> decide(const state&, const apply&, const turn_info&);
  static decision<event> settle(const state&, const apply&, const payment_state&, const turn_info&);
  /// Cancelling what is cancelled already changes nothing.
  static decision<event> decide(const state&, const change_application&, const turn_info&);
  /// What the education said before it heard of the cancellation comes too late.
  static decision<event> decide(const state&, const follow_education&, const turn_info&);

  static state evolve(state, const edu_applied&);
  static state evolve(state, const edu_app_cancelled&);
  static state evolve(state, const application_followed&);
};

// Policy ChangeStatus: the application follows its education.
reactions follow_registered(const edu_registered&);
reactions follow_completed(const edu_completed&);
reactions follow_cancelled(const edu_cancelled&);

} // namespace troupe::edu
