#include "actors/screening/reservation.hpp"

#include <catch2/catch.hpp>

namespace troupe::screening {
namespace {

const turn_info seventh{aggregate_id{7}, 1'000, {}};
using decided = decision<reservation::event>;

reservation_state with_status(const char* status) {
  return {7, "1", "Samsung", "Kim", status};
}
reservation_facts told(const char* status) {
  return {7, 7, "1", "Samsung", "Kim", status};
}
screening_facts screening_told(const char* status) {
  return {7, 1, "Samsung", "20200910", "Kim", status};
}

TEST_CASE("policy MakeReservation enters a screening under its id, the hospital as digits",
          "[screening]") {
  const reactions expected{send(aggregate_id{7}, make_reservation{7, "1", "Samsung", "Kim"})};
  CHECK(reserve({screening_told("REQUESTED")}) == expected);
}

TEST_CASE("an entry is complete once it is made", "[screening]") {
  const reservation_completed completed{told("REQUEST_COMPLETED")};
  CHECK(reservation::decide({}, make_reservation{7, "1", "Samsung", "Kim"}, seventh) ==
        decided{accept(completed)});
  CHECK(reservation::evolve({}, completed) == with_status("REQUEST_COMPLETED"));
}

TEST_CASE("an entry made again changes nothing", "[screening]") {
  for (const char* status : {"REQUEST_COMPLETED", "CANCELED", "FORCE_CANCELED"})
    CHECK(reservation::decide(with_status(status), make_reservation{7, "1", {}, {}}, seventh) ==
          decided{accept()});
}

TEST_CASE("an entry is cancelled with its screening", "[screening]") {
  const reservation_changed changed{told("CANCELED")};
  CHECK(reservation::decide(with_status("REQUEST_COMPLETED"), cancel_reservation{}, seventh) ==
        decided{accept(changed)});
  CHECK(reservation::evolve(with_status("REQUEST_COMPLETED"), changed) == with_status("CANCELED"));
  CHECK(reservation::decide(with_status("CANCELED"), cancel_reservation{}, seventh) ==
        decided{accept()});
}

TEST_CASE("an entry is cancelled by force with its hospital, unless it was cancelled before",
          "[screening]") {
  const reservation_changed changed{told("FORCE_CANCELED")};
  CHECK(reservation::decide(with_status("REQUEST_COMPLETED"), force_cancel_reservation{},
                            seventh) == decided{accept(changed)});
  CHECK(reservation::evolve(with_status("REQUEST_COMPLETED"), changed) ==
        with_status("FORCE_CANCELED"));
  for (const char* over : {"CANCELED", "FORCE_CANCELED"})
    CHECK(reservation::decide(with_status(over), force_cancel_reservation{}, seventh) ==
          decided{accept()});
}

TEST_CASE("an entry ends as its screening, also where the hospital's deletion was heard of first",
          "[screening]") {
  CHECK(reservation::decide(with_status("FORCE_CANCELED"), cancel_reservation{}, seventh) ==
        decided{accept(reservation_changed{told("CANCELED")})});
}

TEST_CASE("what became of the screening goes to its entry, a deletion to all of the hospital",
          "[screening]") {
  CHECK(cancel_with_customer({screening_told("CANCELED")}) ==
        reactions{send(aggregate_id{7}, cancel_reservation{})});
  CHECK(cancel_with_screening({screening_told("FORCE_CANCELED")}) ==
        reactions{send(aggregate_id{7}, force_cancel_reservation{})});
  CHECK(cancel_with_hospital({{4, "SK", "20200911", 20}}) ==
        reactions{send_to_all("hospitalId", "4", force_cancel_reservation{})});
}

} // namespace
} // namespace troupe::screening
