#pragma once

#include "messages/descriptor.hpp"
#include "messages/fields.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Published language of the screening system: what its contexts say to each other and to the
/// outside. Field names on the wire are those of the original services.
namespace troupe::screening {

using count = std::optional<std::int64_t>;
using words = std::optional<std::string>;

// -- screening: a customer requests a screening at a hospital ---------------------------------

struct screening_state {
  count hospital_id;
  words hospital_name;
  words check_date;
  words customer_name;
  words status;
  static constexpr auto fields() {
    return std::tuple{field{"hospitalId", &screening_state::hospital_id},
                      field{"hospitalNm", &screening_state::hospital_name},
                      field{"chkDate", &screening_state::check_date},
                      field{"custNm", &screening_state::customer_name},
                      field{"status", &screening_state::status}};
  }
  bool operator==(const screening_state&) const = default;
};

/// H-C2: takes one place at the hospital first. The status is not the customer's to choose.
struct request_screening {
  static constexpr std::string_view name = "requestScreening";
  count hospital_id;
  words hospital_name;
  words check_date;
  words customer_name;
  static constexpr auto fields() {
    return std::tuple{field{"hospitalId", &request_screening::hospital_id},
                      field{"hospitalNm", &request_screening::hospital_name},
                      field{"chkDate", &request_screening::check_date},
                      field{"custNm", &request_screening::customer_name}};
  }
  bool operator==(const request_screening&) const = default;
};

/// H-C3: the status that the customer wants: CANCELED, in any case.
struct cancel_screening {
  static constexpr std::string_view name = "cancelScreening";
  words status;
  static constexpr auto fields() { return std::tuple{field{"status", &cancel_screening::status}}; }
  bool operator==(const cancel_screening&) const = default;
};

/// Policy CompleteRequest: the reservation is in the ledger.
struct complete_request {
  static constexpr std::string_view name = "completeRequest";
  static constexpr auto fields() { return std::tuple{}; }
  bool operator==(const complete_request&) const = default;
};

/// Policy ForceCancelScreenings: the hospital is gone.
struct force_cancel_screening {
  static constexpr std::string_view name = "forceCancelScreening";
  static constexpr auto fields() { return std::tuple{}; }
  bool operator==(const force_cancel_screening&) const = default;
};

/// What the events of a screening tell.
struct screening_facts {
  std::int64_t id = 0; ///< of the screening
  count hospital_id;
  words hospital_name;
  words check_date;
  words customer_name;
  std::string status;
  static constexpr auto fields() {
    return std::tuple{field{"id", &screening_facts::id},
                      field{"hospitalId", &screening_facts::hospital_id},
                      field{"hospitalNm", &screening_facts::hospital_name},
                      field{"chkDate", &screening_facts::check_date},
                      field{"custNm", &screening_facts::customer_name},
                      field{"status", &screening_facts::status}};
  }
  bool operator==(const screening_facts&) const = default;
};
struct requested : screening_facts {
  static constexpr std::string_view name = "Requested";
};
struct canceled : screening_facts {
  static constexpr std::string_view name = "Canceled";
};
struct force_canceled : screening_facts {
  static constexpr std::string_view name = "ForceCanceled";
};

struct request_completed {
  static constexpr std::string_view name = "RequestCompleted";
  std::int64_t id = 0; ///< of the screening
  count hospital_id;
  words hospital_name;
  words customer_name;
  std::string status;
  static constexpr auto fields() {
    return std::tuple{field{"id", &request_completed::id},
                      field{"hospitalId", &request_completed::hospital_id},
                      field{"hospitalNm", &request_completed::hospital_name},
                      field{"custNm", &request_completed::customer_name},
                      field{"status", &request_completed::status}};
  }
  bool operator==(const request_completed&) const = default;
};

// -- hospital: one slot, that is a hospital on a date, with its places -------------------------

struct hospital_state {
  words hospital_name;
  words check_date;
  count places;     ///< free ones: never below 0, never above `registered`
  count registered; ///< hidden: free and taken places together; null: there is no such slot
  static constexpr auto fields() {
    return std::tuple{field{"hospitalNm", &hospital_state::hospital_name},
                      field{"chkDate", &hospital_state::check_date},
                      field{"pcnt", &hospital_state::places},
                      field{"registered", &hospital_state::registered}};
  }
  bool operator==(const hospital_state&) const = default;
};

/// H-C1: all places are free. Without `pcnt` there is none.
struct register_hospital {
  static constexpr std::string_view name = "registerHospital";
  words hospital_name;
  words check_date;
  count places;
  static constexpr auto fields() {
    return std::tuple{field{"hospitalNm", &register_hospital::hospital_name},
                      field{"chkDate", &register_hospital::check_date},
                      field{"pcnt", &register_hospital::places}};
  }
  bool operator==(const register_hospital&) const = default;
};

/// Changes what is given and leaves the rest. `pcnt` says how many places are free from now on;
/// those that are taken stay taken and come back when they are returned.
struct change_hospital {
  static constexpr std::string_view name = "changeHospital";
  words hospital_name;
  words check_date;
  count places;
  static constexpr auto fields() {
    return std::tuple{field{"hospitalNm", &change_hospital::hospital_name},
                      field{"chkDate", &change_hospital::check_date},
                      field{"pcnt", &change_hospital::places}};
  }
  bool operator==(const change_hospital&) const = default;
};

/// H-C4.
struct delete_hospital {
  static constexpr std::string_view name = "deleteHospital";
  static constexpr auto fields() { return std::tuple{}; }
  bool operator==(const delete_hospital&) const = default;
};

/// H-C5: one place for a screening.
struct take_place {
  static constexpr std::string_view name = "takePlace";
  static constexpr auto fields() { return std::tuple{}; }
  bool operator==(const take_place&) const = default;
};

/// Answer to take_place.
struct place_taken {
  std::int64_t left = 0;
  static constexpr auto fields() { return std::tuple{field{"left", &place_taken::left}}; }
  bool operator==(const place_taken&) const = default;
};

/// Policy ReturnPlace: its screening was cancelled.
struct return_place {
  static constexpr std::string_view name = "returnPlace";
  static constexpr auto fields() { return std::tuple{}; }
  bool operator==(const return_place&) const = default;
};

/// What the events of a slot tell.
struct hospital_facts {
  std::int64_t id = 0; ///< of the slot
  words hospital_name;
  words check_date;
  count places;
  static constexpr auto fields() {
    return std::tuple{
        field{"id", &hospital_facts::id}, field{"hospitalNm", &hospital_facts::hospital_name},
        field{"chkDate", &hospital_facts::check_date}, field{"pcnt", &hospital_facts::places}};
  }
  bool operator==(const hospital_facts&) const = default;
};
struct hospital_registered : hospital_facts {
  static constexpr std::string_view name = "HospitalRegistered";
};
struct hospital_changed : hospital_facts {
  static constexpr std::string_view name = "HospitalChanged";
};
struct hospital_deleted : hospital_facts {
  static constexpr std::string_view name = "HospitalDeleted";
};

/// Internal to hospital: free and taken places together are this many now.
struct capacity_set {
  static constexpr std::string_view name = "CapacitySet";
  std::int64_t registered = 0;
  static constexpr auto fields() {
    return std::tuple{field{"registered", &capacity_set::registered}};
  }
  bool operator==(const capacity_set&) const = default;
};

// -- reservation: the ledger ------------------------------------------------------------------

struct reservation_state {
  count screening_id;
  words hospital_id; ///< decimal digits; a text since the original services
  words hospital_name;
  words customer_name;
  words status;
  static constexpr auto fields() {
    return std::tuple{field{"screeningId", &reservation_state::screening_id},
                      field{"hospitalId", &reservation_state::hospital_id},
                      field{"hospitalNm", &reservation_state::hospital_name},
                      field{"custNm", &reservation_state::customer_name},
                      field{"status", &reservation_state::status}};
  }
  bool operator==(const reservation_state&) const = default;
};

/// Policy MakeReservation: a screening was requested. The reservation takes its id.
struct make_reservation {
  static constexpr std::string_view name = "makeReservation";
  std::int64_t screening_id = 0;
  std::string hospital_id;
  words hospital_name;
  words customer_name;
  static constexpr auto fields() {
    return std::tuple{field{"screeningId", &make_reservation::screening_id},
                      field{"hospitalId", &make_reservation::hospital_id},
                      field{"hospitalNm", &make_reservation::hospital_name},
                      field{"custNm", &make_reservation::customer_name}};
  }
  bool operator==(const make_reservation&) const = default;
};

/// Policy CancelReservation: the customer cancelled the screening.
struct cancel_reservation {
  static constexpr std::string_view name = "cancelReservation";
  static constexpr auto fields() { return std::tuple{}; }
  bool operator==(const cancel_reservation&) const = default;
};

/// Policies ForceCancelReservations and ForceCancelReservation: the hospital is gone.
struct force_cancel_reservation {
  static constexpr std::string_view name = "forceCancelReservation";
  static constexpr auto fields() { return std::tuple{}; }
  bool operator==(const force_cancel_reservation&) const = default;
};

/// What the events of a reservation tell.
struct reservation_facts {
  std::int64_t id = 0; ///< of the reservation, which is that of the screening
  std::int64_t screening_id = 0;
  std::string hospital_id;
  words hospital_name;
  words customer_name;
  std::string status;
  static constexpr auto fields() {
    return std::tuple{field{"id", &reservation_facts::id},
                      field{"screeningId", &reservation_facts::screening_id},
                      field{"hospitalId", &reservation_facts::hospital_id},
                      field{"hospitalNm", &reservation_facts::hospital_name},
                      field{"custNm", &reservation_facts::customer_name},
                      field{"status", &reservation_facts::status}};
  }
  bool operator==(const reservation_facts&) const = default;
};
struct reservation_completed : reservation_facts {
  static constexpr std::string_view name = "ReservationCompleted";
};
struct reservation_changed : reservation_facts {
  static constexpr std::string_view name = "ReservationChanged";
};

// -- myPage: what became of everybody's screening, a view --------------------------------------

struct my_page_row {
  count screening_id;
  words customer_name;
  words hospital_name;
  words status;
  static constexpr auto fields() {
    return std::tuple{field{"screeningId", &my_page_row::screening_id},
                      field{"custNm", &my_page_row::customer_name},
                      field{"hospitalNm", &my_page_row::hospital_name},
                      field{"status", &my_page_row::status}};
  }
  bool operator==(const my_page_row&) const = default;
};

inline constexpr std::string_view status_requested = "REQUESTED";
inline constexpr std::string_view status_completed = "REQUEST_COMPLETED";
inline constexpr std::string_view status_canceled = "CANCELED";
inline constexpr std::string_view status_force_canceled = "FORCE_CANCELED";
inline constexpr std::string_view invalid_transition = "INVALID_TRANSITION";
inline constexpr std::string_view unknown_hospital = "UNKNOWN_HOSPITAL";
inline constexpr std::string_view no_capacity = "NO_CAPACITY";

[[nodiscard]] inline context_info screening_context() {
  context_info screening;
  screening.system = "screening";
  screening.name = "screening";
  screening.resource = "screenings";
  screening.entity = "screening";
  screening.purpose = "A customer requests a health screening, which takes a place at a hospital.";
  screening.state = describe<screening_state>("Screening");
  screening.filters = {"hospitalId", "custNm", "status"};
  screening.sensitive = {"custNm"};
  screening.commands = {
      {.message = describe<request_screening>(),
       .meaning = "request a screening; a place is taken at the hospital first",
       .creates = true,
       .verbs = {http_verb::post}},
      {.message = describe<cancel_screening>(),
       .meaning = "cancel the screening; its place is given back",
       .verbs = {http_verb::put, http_verb::patch}},
      {.message = describe<complete_request>(), .meaning = "the reservation is in the ledger"},
      {.message = describe<force_cancel_screening>(), .meaning = "the hospital is gone"}};
  screening.events = {{describe<requested>()},
                      {describe<request_completed>()},
                      {describe<canceled>()},
                      {describe<force_canceled>()}};
  screening.asks = {
      {.target = "screening.hospital", .command = take_place::name, .missing = unknown_hospital}};
  screening.policies = {{"CompleteRequest", "screening.reservation", reservation_completed::name,
                         complete_request::name},
                        {.name = "ForceCancelScreenings",
                         .source = "screening.hospital",
                         .event = hospital_deleted::name,
                         .command = force_cancel_screening::name,
                         .reaches = "hospitalId"}};
  screening.rejections = {{unknown_hospital, "there is no such hospital, or it was deleted"},
                          {no_capacity, "the hospital has no place left"},
                          {invalid_transition, "a customer can only cancel a screening"}};
  return screening;
}

[[nodiscard]] inline context_info hospital_context() {
  context_info hospital;
  hospital.system = "screening";
  hospital.name = "hospital";
  hospital.resource = "hospitals";
  hospital.entity = "hospital";
  hospital.purpose = "Slots: a hospital on a date, with the number of places that are free.";
  hospital.rank = ranking::supporting;
  hospital.state = describe<hospital_state>("Hospital", {"registered"});
  hospital.filters = {"hospitalNm", "chkDate"};
  hospital.commands = {
      {.message = describe<register_hospital>(),
       .meaning = "register a slot with its places, all of them free",
       .creates = true,
       .verbs = {http_verb::post}},
      {.message = describe<change_hospital>(),
       .meaning = "change what is given; pcnt is the number of places free from now on",
       .verbs = {http_verb::put, http_verb::patch}},
      {.message = describe<delete_hospital>(),
       .meaning = "delete the slot; its screenings are force-cancelled",
       .verbs = {http_verb::del}},
      {.message = describe<take_place>(),
       .meaning = "take one place for a screening",
       .reply = describe<place_taken>("PlaceTaken")},
      {.message = describe<return_place>(), .meaning = "give a cancelled screening's place back"}};
  hospital.events = {{describe<hospital_registered>()},
                     {describe<hospital_changed>()},
                     {describe<hospital_deleted>()},
                     {describe<capacity_set>(), true}};
  hospital.policies = {{"ReturnPlace", "screening.screening", canceled::name, return_place::name}};
  hospital.rejections = {{no_capacity, "the hospital has no place left"}};
  return hospital;
}

[[nodiscard]] inline context_info reservation_context() {
  context_info reservation;
  reservation.system = "screening";
  reservation.name = "reservation";
  reservation.resource = "reservations";
  reservation.entity = "reservation";
  reservation.purpose = "The ledger of reservations, one for each screening and under its id.";
  reservation.rank = ranking::general;
  reservation.state = describe<reservation_state>("Reservation");
  reservation.filters = {"screeningId", "hospitalId", "custNm", "status"};
  reservation.sensitive = {"custNm"};
  reservation.commands = {
      {.message = describe<make_reservation>(),
       .meaning = "enter a requested screening",
       .creates = true,
       .id_from = "screeningId"},
      {.message = describe<cancel_reservation>(), .meaning = "the customer cancelled"},
      {.message = describe<force_cancel_reservation>(), .meaning = "the hospital is gone"}};
  reservation.events = {{describe<reservation_completed>()}, {describe<reservation_changed>()}};
  reservation.policies = {
      {"MakeReservation", "screening.screening", requested::name, make_reservation::name},
      {"CancelReservation", "screening.screening", canceled::name, cancel_reservation::name},
      {"ForceCancelReservation", "screening.screening", force_canceled::name,
       force_cancel_reservation::name},
      {.name = "ForceCancelReservations",
       .source = "screening.hospital",
       .event = hospital_deleted::name,
       .command = force_cancel_reservation::name,
       .reaches = "hospitalId"}};
  return reservation;
}

[[nodiscard]] inline context_info my_page_context() {
  context_info my_page;
  my_page.system = "screening";
  my_page.name = "myPage";
  my_page.resource = "myPages";
  my_page.entity = "myPage";
  my_page.purpose = "My page: the status of every screening, for the customers.";
  my_page.kind = context_kind::view;
  my_page.rank = ranking::supporting;
  my_page.state = describe<my_page_row>("MyPage");
  my_page.filters = {"screeningId", "custNm", "hospitalNm", "status"};
  my_page.sensitive = {"custNm"};
  my_page.view = {.sources = {"screening.screening", "screening.reservation"},
                  .key = "id",
                  .indexes = {"screeningId", "custNm", "hospitalNm", "status"},
                  .store = view_storage::memory};
  return my_page;
}

[[nodiscard]] inline std::vector<context_info> contexts() {
  return {screening_context(), hospital_context(), reservation_context(), my_page_context()};
}

} // namespace troupe::screening
