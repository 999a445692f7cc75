#include "actors/taxi/payment.hpp"

namespace troupe::taxi {

decision<payment::event> payment::decide(const state&, const register_fare& command,
                                         const turn_info& info) {
  return accept(registered_destination_info{info.id.number, info.id.number, command.cost,
                                            command.destination});
}

decision<payment::event> payment::compensate(const state& now, const register_fare&,
                                             const turn_info&) {
  if (!exists(now)) return accept();
  return accept(fare_voided{});
}

payment_state payment::evolve(state, const registered_destination_info& event) {
  return {event.call_id, event.cost, event.destination};
}

payment_state payment::evolve(state, const fare_voided&) {
  return {};
}

bool payment::exists(const state& now) {
  return now.call_id.has_value();
}

} // namespace troupe::taxi
