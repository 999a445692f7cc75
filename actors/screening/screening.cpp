#include "actors/screening/screening.hpp"

#include <algorithm>

namespace troupe::screening {
namespace {

/// Customers write "Canceled" as well; statuses are stored in capitals.
std::string in_capitals(std::string status) {
  std::transform(status.begin(), status.end(), status.begin(), [](char each) {
    return each >= 'a' && each <= 'z' ? static_cast<char>(each - 'a' + 'A') : each;
  });
  return status;
}

bool is_over(const screening_state& now) {
  return now.status == status_canceled || now.status == status_force_canceled;
}

/// What is told of a screening that goes on to another status.
screening_facts facts(const screening_state& now, const turn_info& info, std::string_view status) {
  return {info.id.number, now.hospital_id,   now.hospital_name,
          now.check_date, now.customer_name, std::string{status}};
}

} // namespace

decision<screening::event> screening::decide(const state&, const request_screening& command,
                                             const turn_info&) {
  if (!command.hospital_id) return malformed("field 'hospitalId' is missing");
  const aggregate_id hospital{*command.hospital_id};
  if (!hospital.given()) return reject(unknown_hospital, "ids of hospitals begin at 1");
  return ask("screening.hospital", hospital, take_place{});
}

decision<screening::event> screening::settle(const state&, const request_screening& command,
                                             const place_taken&, const turn_info& info) {
  return accept(
      requested{{info.id.number, command.hospital_id, command.hospital_name, command.check_date,
                 command.customer_name, std::string{status_requested}}});
}

decision<screening::event> screening::decide(const state& now, const cancel_screening& command,
                                             const turn_info& info) {
  if (!command.status) return malformed("field 'status' is missing");
  const std::string to = in_capitals(*command.status);
  if (to == now.status) return accept();
  if (to != status_canceled)
    return reject(invalid_transition, "a screening cannot be made " + to + " by a customer");
  if (is_over(now)) return accept();
  return accept(canceled{facts(now, info, status_canceled)});
}

decision<screening::event> screening::decide(const state& now, const complete_request&,
                                             const turn_info& info) {
  if (now.status != status_requested) return accept();
  return accept(request_completed{info.id.number, now.hospital_id, now.hospital_name,
                                  now.customer_name, std::string{status_completed}});
}

decision<screening::event> screening::decide(const state& now, const force_cancel_screening&,
                                             const turn_info& info) {
  if (is_over(now)) return accept();
  return accept(force_canceled{facts(now, info, status_force_canceled)});
}

screening_state screening::evolve(state, const requested& event) {
  return {event.hospital_id, event.hospital_name, event.check_date, event.customer_name,
          event.status};
}

screening_state screening::evolve(state now, const request_completed& event) {
  now.status = event.status;
  return now;
}

screening_state screening::evolve(state now, const canceled& event) {
  now.status = event.status;
  return now;
}

screening_state screening::evolve(state now, const force_canceled& event) {
  now.status = event.status;
  return now;
}

reactions complete_screening(const reservation_completed& event) {
  return {send(aggregate_id{event.screening_id}, complete_request{})};
}

reactions force_cancel_screenings(const hospital_deleted& event) {
  return {send_to_all("hospitalId", event.id, force_cancel_screening{})};
}

} // namespace troupe::screening
