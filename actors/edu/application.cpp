#include "actors/edu/application.hpp"

namespace troupe::edu {
namespace {

/// Whether the education's status is news for an application.
bool follows(const std::string& from, const std::string& to) {
  if (to == status_after<edu_cancelled>()) return from != to;
  if (from == status_after<edu_applied>())
    return to == status_after<edu_registered>() || to == status_after<edu_completed>();
  return from == status_after<edu_registered>() && to == status_after<edu_completed>();
}

reactions follow(const education_event& event) {
  return {send(aggregate_id{event.app_id}, follow_education{{event.status}})};
}

} // namespace

decision<application::event> application::decide(const state&, const apply& command,
                                                 const turn_info& info) {
  return ask("edu.payment", info.id, pay{{command, info.id.number}});
}

decision<application::event> application::settle(const state&, const apply& command,
                                                 const payment_state&, const turn_info& info) {
  return accept(edu_applied{{{command, info.id.number}, status_after<edu_applied>()}});
}

decision<application::event>
application::decide(const state& now, const change_application& command, const turn_info& info) {
  if (!command.status) return malformed("field 'status' is missing");
  const std::string from = now.status.value_or("");
  const std::string to = status_after<edu_app_cancelled>();
  if (command.status == to) {
    if (from == to || from == status_after<edu_cancelled>()) return accept();
    if (from == status_after<edu_applied>() || from == status_after<edu_registered>())
      return accept(edu_app_cancelled{{{now, info.id.number}, to}});
  }
  return reject(invalid_transition,
                "an application's status cannot go from " + from + " to " + *command.status);
}

decision<application::event> application::decide(const state& now, const follow_education& command,
                                                 const turn_info&) {
  const std::string to = command.status.value_or("");
  if (!follows(now.status.value_or(""), to)) return accept();
  return accept(application_followed{{to}});
}

application_state application::evolve(state, const edu_applied& event) {
  return {event, event.status};
}

application_state application::evolve(state now, const edu_app_cancelled& event) {
  now.status = event.status;
  return now;
}

application_state application::evolve(state now, const application_followed& event) {
  now.status = event.status;
  return now;
}

reactions follow_registered(const edu_registered& event) {
  return follow(event);
}

reactions follow_completed(const edu_completed& event) {
  return follow(event);
}

reactions follow_cancelled(const edu_cancelled& event) {
  return follow(event);
}

} // namespace troupe::edu
