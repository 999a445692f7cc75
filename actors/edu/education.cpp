#include "actors/edu/education.hpp"

namespace troupe::edu {

decision<education::event> education::decide(const state& now, const register_education& command,
                                             const turn_info& info) {
  if (now.status) return accept();
  return accept(edu_registered{{{command, status_after<edu_registered>()}, info.id.number}});
}

decision<education::event> education::decide(const state& now, const change_education& command,
                                             const turn_info& info) {
  if (!command.status) return malformed("field 'status' is missing");
  const std::string completed = status_after<edu_completed>();
  if (command.status != completed)
    return reject(invalid_transition, "an education's status cannot go from " +
                                          now.status.value_or("") + " to " + *command.status);
  if (now.status == completed) return accept();
  return accept(edu_completed{{{now, completed}, info.id.number}});
}

decision<education::event> education::decide(const state& now, const cancel_education& command,
                                             const turn_info& info) {
  const std::string cancelled = status_after<edu_cancelled>();
  if (now.status == cancelled) return accept();
  return accept(edu_cancelled{{{command, cancelled}, info.id.number}});
}

decision<education::event> education::decide(const state&, const withdraw_education&,
                                             const turn_info&) {
  return accept(edu_withdrawn{});
}

education_state education::evolve(state, const edu_registered& event) {
  return {event};
}

education_state education::evolve(state, const edu_completed& event) {
  return {event};
}

education_state education::evolve(state, const edu_cancelled& event) {
  return {event};
}

education_state education::evolve(state, const edu_withdrawn&) {
  return {};
}

bool education::exists(const state& now) {
  return now.status && now.status != status_after<edu_cancelled>();
}

reactions register_edu(const paid& event) {
  return {send(aggregate_id{event.app_id}, register_education{event})};
}

reactions withdraw_edu(const pay_voided& event) {
  return {send(aggregate_id{event.app_id}, withdraw_education{})};
}

reactions cancel_edu(const edu_app_cancelled& event) {
  return {send(aggregate_id{event.app_id}, cancel_education{event})};
}

} // namespace troupe::edu
