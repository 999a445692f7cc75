#include "actors/edu/payment.hpp"

namespace troupe::edu {

decision<payment::event> payment::decide(const state& now, const pay& command,
                                         const turn_info& info) {
  if (now.status == status_after<pay_cancelled>())
    return reject(invalid_transition, "the payment was cancelled");
  if (exists(now)) return accept();
  const applied_enrolment what{command, info.id.number};
  return accept(paid{{{what, status_after<paid>()}, info.id.number}});
}

decision<payment::event> payment::decide(const state& now, const cancel_payment&,
                                         const turn_info& info) {
  const std::string cancelled = status_after<pay_cancelled>();
  if (now.status == cancelled) return accept();
  return accept(pay_cancelled{{{now, cancelled}, info.id.number}});
}

decision<payment::event> payment::compensate(const state& now, const pay&, const turn_info& info) {
  if (!exists(now)) return accept();
  return accept(pay_voided{info.id.number, now.app_id});
}

payment_state payment::evolve(state, const paid& event) {
  return {event};
}

payment_state payment::evolve(state, const pay_cancelled& event) {
  return {event};
}

payment_state payment::evolve(state, const pay_voided&) {
  return {};
}

bool payment::exists(const state& now) {
  return now.status.has_value();
}

reactions cancel_payment_of(const edu_app_cancelled& event) {
  return {send(aggregate_id{event.app_id}, cancel_payment{})};
}

} // namespace troupe::edu
