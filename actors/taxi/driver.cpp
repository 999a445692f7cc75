#include "actors/taxi/driver.hpp"

namespace troupe::taxi {

decision<driver::event> driver::decide(const state& now, const receive_call& command,
                                       const turn_info&) {
  if (now.status) return accept();
  return accept(call_received{command.call_id, command.destination, command.cost});
}

decision<driver::event> driver::decide(const state& now, const change_status& command,
                                       const turn_info& info) {
  if (!command.status) return malformed("field 'status' is missing");
  const std::string from = now.status.value_or("");
  const std::string& to = *command.status;
  if (to == from) return accept();
  if (from == status_called && to == status_accepted)
    return accept(updated_status{info.id.number, now.call_id.value_or(0), to, now.cost});
  if (from == status_accepted && to == status_completed)
    return ask("taxi.payment", aggregate_id{now.call_id.value_or(0)}, settle_cost{});
  return reject(invalid_transition, "a driver's status cannot go from " + from + " to " + to);
}

decision<driver::event> driver::settle(const state& now, const change_status& command,
                                       const settled_cost& settled, const turn_info& info) {
  const count cost = settled.cost > 0 ? settled.cost : now.cost;
  return accept(
      updated_status{info.id.number, now.call_id.value_or(0), command.status.value_or(""), cost});
}

driver_state driver::evolve(state, const call_received& event) {
  return {event.call_id, event.destination, std::string{status_called}, event.cost};
}

driver_state driver::evolve(state now, const updated_status& event) {
  now.status = event.status;
  now.cost = event.cost;
  return now;
}

reactions receive_call_list(const called_taxi& event) {
  return {send(aggregate_id{event.id}, receive_call{event.id, event.destination, event.cost})};
}

} // namespace troupe::taxi
