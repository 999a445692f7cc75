#include "actors/taxi/call.hpp"

namespace troupe::taxi {

decision<call::event> call::decide(const state&, const call_taxi& command, const turn_info& info) {
  return ask("taxi.payment", info.id,
             register_fare{info.id.number, command.cost, command.destination});
}

decision<call::event> call::settle(const state&, const call_taxi& command, const payment_state&,
                                   const turn_info& info) {
  return accept(called_taxi{info.id.number, command.customer_id, command.destination,
                            std::string{status_called}, command.cost});
}

decision<call::event> call::decide(const state& now, const update_call_status& command,
                                   const turn_info&) {
  if (now.status == command.status) return accept();
  return accept(call_status_followed{command.status});
}

call_state call::evolve(state, const called_taxi& event) {
  return {event.customer_id, event.destination, event.status, event.cost};
}

call_state call::evolve(state now, const call_status_followed& event) {
  now.status = event.status;
  return now;
}

reactions follow_driver(const updated_status& event) {
  return {send(aggregate_id{event.call_id}, update_call_status{event.status})};
}

} // namespace troupe::taxi
