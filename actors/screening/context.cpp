#include "actors/screening/context.hpp"

#include "actors/aggregate_type.hpp"
#include "actors/screening/hospital.hpp"
#include "actors/screening/my_page.hpp"
#include "actors/screening/reservation.hpp"
#include "actors/screening/screening.hpp"

namespace troupe::screening {

std::vector<context_behaviour> behaviours() {
  constexpr auto screenings = "screening.screening";
  constexpr auto hospitals = "screening.hospital";
  constexpr auto reservations = "screening.reservation";
  return {
      {.info = find_context(screenings),
       .make_aggregate = make_instance<screening>,
       .policies = {policy("CompleteRequest", reservations, complete_screening),
                    policy("ForceCancelScreenings", hospitals, force_cancel_screenings)}},
      {.info = find_context(hospitals),
       .make_aggregate = make_instance<hospital>,
       .policies = {policy("ReturnPlace", screenings, give_place_back)}},
      {.info = find_context(reservations),
       .make_aggregate = make_instance<reservation>,
       .policies = {policy("MakeReservation", screenings, reserve),
                    policy("CancelReservation", screenings, cancel_with_customer),
                    policy("ForceCancelReservation", screenings, cancel_with_screening),
                    policy("ForceCancelReservations", hospitals, cancel_with_hospital)}},
      {.info = find_context("screening.myPage"),
       .folds = {folds(screenings, show_request), folds(screenings, show_cancellation),
                 folds(screenings, show_forced_cancellation),
                 folds(reservations, show_completion)}},
  };
}

} // namespace troupe::screening
