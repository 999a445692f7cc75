#include "actors/screening/reservation.hpp"

namespace troupe::screening {
namespace {

reservation_changed changed(const reservation_state& now, const turn_info& info,
                            std::string_view status) {
  return {{info.id.number, now.screening_id.value_or(0), now.hospital_id.value_or(""),
           now.hospital_name, now.customer_name, std::string{status}}};
}

reservation_state as_told(const reservation_facts& event) {
  return {event.screening_id, event.hospital_id, event.hospital_name, event.customer_name,
          event.status};
}

} // namespace

decision<reservation::event> reservation::decide(const state& now, const make_reservation& command,
                                                 const turn_info& info) {
  if (now.status) return accept();
  return accept(reservation_completed{{info.id.number, command.screening_id, command.hospital_id,
                                       command.hospital_name, command.customer_name,
                                       std::string{status_completed}}});
}

decision<reservation::event> reservation::decide(const state& now, const cancel_reservation&,
                                                 const turn_info& info) {
  if (now.status == status_canceled) return accept();
  return accept(changed(now, info, status_canceled));
}

decision<reservation::event> reservation::decide(const state& now, const force_cancel_reservation&,
                                                 const turn_info& info) {
  if (now.status == status_canceled || now.status == status_force_canceled) return accept();
  return accept(changed(now, info, status_force_canceled));
}

reservation_state reservation::evolve(state, const reservation_completed& event) {
  return as_told(event);
}

reservation_state reservation::evolve(state, const reservation_changed& event) {
  return as_told(event);
}

reactions reserve(const requested& event) {
  const std::string hospital = std::to_string(event.hospital_id.value_or(0));
  return {send(aggregate_id{event.id},
               make_reservation{event.id, hospital, event.hospital_name, event.customer_name})};
}

reactions cancel_with_customer(const canceled& event) {
  return {send(aggregate_id{event.id}, cancel_reservation{})};
}

reactions cancel_with_screening(const force_canceled& event) {
  return {send(aggregate_id{event.id}, force_cancel_reservation{})};
}

reactions cancel_with_hospital(const hospital_deleted& event) {
  return {send_to_all("hospitalId", std::to_string(event.id), force_cancel_reservation{})};
}

} // namespace troupe::screening
