#include "actors/mybnb/payment.hpp"

namespace troupe::mybnb {

decision<payment::event> payment::decide(const state&, const pay& command, const turn_info& info) {
  return accept(pay_approved{{{command, status_after<pay_approved>()}, info.id.number}});
}

decision<payment::event> payment::decide(const state&, const cancel_payment& command,
                                         const turn_info& info) {
  return accept(pay_canceled{{{command, status_after<pay_canceled>()}, info.id.number}});
}

decision<payment::event> payment::compensate(const state& now, const pay&, const turn_info& info) {
  if (!exists(now)) return accept();
  return accept(pay_voided{info.id.number, now.book_id});
}

payment_state payment::evolve(state, const pay_approved& event) {
  return event;
}

payment_state payment::evolve(state, const pay_canceled& event) {
  return event;
}

payment_state payment::evolve(state, const pay_voided&) {
  return {};
}

bool payment::exists(const state& now) {
  return now.status.has_value();
}

reactions cancel_payment_of(const book_canceled& event) {
  return {create(cancel_payment{{event, event.id}})};
}

} // namespace troupe::mybnb
