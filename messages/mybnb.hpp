#pragma once

#include "messages/descriptor.hpp"
#include "messages/fields.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Published language of the mybnb system, a lodging share: what its contexts say to each other and
/// to the outside. Field names on the wire are those of the original services. Messages with the
/// same fields inherit them.
namespace troupe::mybnb {

using count = std::optional<std::int64_t>;
using words = std::optional<std::string>;

/// What a message says that has no fields.
struct nothing {
  static constexpr auto fields() { return std::tuple{}; }
  bool operator==(const nothing&) const = default;
};

/// A status is spelled like the event that led to it.
template <message Event> [[nodiscard]] std::string status_after() {
  return std::string{Event::name};
}

// -- room: a host registers, changes and withdraws rooms --------------------------------------

struct room_terms {
  words title;
  count price;
  words address;
  words host;
  static constexpr auto fields() {
    return std::tuple{field{"name", &room_terms::title}, field{"price", &room_terms::price},
                      field{"address", &room_terms::address}, field{"host", &room_terms::host}};
  }
  bool operator==(const room_terms&) const = default;
};

/// Nothing that is said of a room is mandatory, so a flag tells that it is there.
struct room_state : room_terms {
  bool there = false; ///< hidden
  static constexpr auto fields() {
    return std::tuple_cat(room_terms::fields(), std::tuple{field{"there", &room_state::there}});
  }
  bool operator==(const room_state&) const = default;
};

/// B-C1: auth approves the room before it exists.
struct register_room : room_terms {
  static constexpr std::string_view name = "registerRoom";
};
/// B-C2 as PATCH: what is not given stays.
struct change_room : room_terms {
  static constexpr std::string_view name = "changeRoom";
};
/// B-C2 as PUT: what is not given becomes null.
struct replace_room : room_terms {
  static constexpr std::string_view name = "replaceRoom";
};
/// B-C3.
struct withdraw_room : nothing {
  static constexpr std::string_view name = "withdrawRoom";
};

struct room_event : room_terms {
  std::int64_t id = 0; ///< of the room
  static constexpr auto fields() {
    return std::tuple_cat(std::tuple{field{"id", &room_event::id}}, room_terms::fields());
  }
  bool operator==(const room_event&) const = default;
};
struct room_registered : room_event {
  static constexpr std::string_view name = "RoomRegistered";
};
struct room_changed : room_event {
  static constexpr std::string_view name = "RoomChanged";
};
struct room_deleted : room_event {
  static constexpr std::string_view name = "RoomDeleted";
};

// -- auth: approval of a host's room, not login -----------------------------------------------

struct approval {
  count room_id;
  words title;
  words host;
  static constexpr auto fields() {
    return std::tuple{field{"roomId", &approval::room_id}, field{"name", &approval::title},
                      field{"host", &approval::host}};
  }
  bool operator==(const approval&) const = default;
};

/// B-C7: the approval takes the id of its room.
struct approve : approval {
  static constexpr std::string_view name = "approve";
};

struct auth_state : approval {
  words status;
  static constexpr auto fields() {
    return std::tuple_cat(approval::fields(), std::tuple{field{"status", &auth_state::status}});
  }
  bool operator==(const auth_state&) const = default;
};

struct auth_approved : auth_state {
  static constexpr std::string_view name = "AuthApproved";
  std::int64_t id = 0; ///< of the approval
  static constexpr auto fields() {
    return std::tuple_cat(std::tuple{field{"id", &auth_approved::id}}, auth_state::fields());
  }
  bool operator==(const auth_approved&) const = default;
};

/// The room it approved never came to be.
struct auth_voided {
  static constexpr std::string_view name = "AuthVoided";
  std::int64_t id = 0; ///< of the approval and of the room
  static constexpr auto fields() { return std::tuple{field{"id", &auth_voided::id}}; }
  bool operator==(const auth_voided&) const = default;
};

// -- booking: a guest books a room and cancels ------------------------------------------------

/// What booking, pay and my page say of a stay.
struct stay {
  count room_id;
  words title; ///< of the room
  count price;
  words address;
  words host;
  words guest;
  words usedate;
  static constexpr auto fields() {
    return std::tuple{field{"roomId", &stay::room_id}, field{"name", &stay::title},
                      field{"price", &stay::price},    field{"address", &stay::address},
                      field{"host", &stay::host},      field{"guest", &stay::guest},
                      field{"usedate", &stay::usedate}};
  }
  bool operator==(const stay&) const = default;
};

/// With a flag for the same reason as a room's.
struct booking_state : stay {
  bool there = false; ///< hidden
  static constexpr auto fields() {
    return std::tuple_cat(stay::fields(), std::tuple{field{"there", &booking_state::there}});
  }
  bool operator==(const booking_state&) const = default;
};

/// B-C4: the stay is paid before the booking exists. Neither room nor date is checked.
struct book : stay {
  static constexpr std::string_view name = "book";
};
/// B-C5.
struct cancel_booking : nothing {
  static constexpr std::string_view name = "cancelBooking";
};
/// Policy NoteReview: a review of this booking, also of a cancelled one.
struct note_review {
  static constexpr std::string_view name = "noteReview";
  count score;
  static constexpr auto fields() { return std::tuple{field{"score", &note_review::score}}; }
  bool operator==(const note_review&) const = default;
};

struct booking_event : stay {
  std::int64_t id = 0; ///< of the booking
  std::string status;
  static constexpr auto fields() {
    return std::tuple_cat(std::tuple{field{"id", &booking_event::id}}, stay::fields(),
                          std::tuple{field{"status", &booking_event::status}});
  }
  bool operator==(const booking_event&) const = default;
};
struct booked : booking_event {
  static constexpr std::string_view name = "Booked";
};
struct book_canceled : booking_event {
  static constexpr std::string_view name = "BookCanceled";
};

/// A review reached its booking. My page hears of reviews by this event, so that it sees them in
/// one order with everything else that happened to the booking.
struct booking_reviewed {
  static constexpr std::string_view name = "BookingReviewed";
  std::int64_t id = 0; ///< of the booking
  count score;
  std::string status;
  static constexpr auto fields() {
    return std::tuple{field{"id", &booking_reviewed::id}, field{"score", &booking_reviewed::score},
                      field{"status", &booking_reviewed::status}};
  }
  bool operator==(const booking_reviewed&) const = default;
};

// -- pay: a history of payments, to which rows are only added ---------------------------------

struct payment_terms : stay {
  count book_id;
  static constexpr auto fields() {
    return std::tuple_cat(std::tuple{field{"bookId", &payment_terms::book_id}}, stay::fields());
  }
  bool operator==(const payment_terms&) const = default;
};

struct payment_state : payment_terms {
  words status;
  static constexpr auto fields() {
    return std::tuple_cat(payment_terms::fields(),
                          std::tuple{field{"status", &payment_state::status}});
  }
  bool operator==(const payment_state&) const = default;
};

/// B-C8: a row "PayApproved".
struct pay : payment_terms {
  static constexpr std::string_view name = "pay";
};
/// Policy CancelPayment: a row "PayCanceled"; the approved one stays.
struct cancel_payment : payment_terms {
  static constexpr std::string_view name = "cancelPayment";
};

struct payment_event : payment_state {
  std::int64_t id = 0; ///< of the row
  static constexpr auto fields() {
    return std::tuple_cat(std::tuple{field{"id", &payment_event::id}}, payment_state::fields());
  }
  bool operator==(const payment_event&) const = default;
};
struct pay_approved : payment_event {
  static constexpr std::string_view name = "PayApproved";
};
struct pay_canceled : payment_event {
  static constexpr std::string_view name = "PayCanceled";
};

/// The booking it paid never came to be.
struct pay_voided {
  static constexpr std::string_view name = "PayVoided";
  std::int64_t id = 0; ///< of the row
  count book_id;
  static constexpr auto fields() {
    return std::tuple{field{"id", &pay_voided::id}, field{"bookId", &pay_voided::book_id}};
  }
  bool operator==(const pay_voided&) const = default;
};

// -- review: what guests think of their stay --------------------------------------------------

struct review_terms {
  count book_id;
  count room_id;
  words title; ///< of the room
  words host;
  words guest;
  words usedate;
  count score;
  static constexpr auto fields() {
    return std::tuple{
        field{"bookId", &review_terms::book_id}, field{"roomId", &review_terms::room_id},
        field{"name", &review_terms::title},     field{"host", &review_terms::host},
        field{"guest", &review_terms::guest},    field{"usedate", &review_terms::usedate},
        field{"score", &review_terms::score}};
  }
  bool operator==(const review_terms&) const = default;
};

struct review_state : review_terms {
  words content;
  static constexpr auto fields() {
    return std::tuple_cat(review_terms::fields(),
                          std::tuple{field{"content", &review_state::content}});
  }
  bool operator==(const review_state&) const = default;
};

/// B-C6: the booking is not checked.
struct write_review : review_state {
  static constexpr std::string_view name = "writeReview";
};

struct review_registered : review_terms {
  static constexpr std::string_view name = "ReviewRegistered";
  std::int64_t id = 0; ///< of the review
  std::string status;
  static constexpr auto fields() {
    return std::tuple_cat(std::tuple{field{"id", &review_registered::id}}, review_terms::fields(),
                          std::tuple{field{"status", &review_registered::status}});
  }
  bool operator==(const review_registered&) const = default;
};

/// Internal to review: its text, which the published event does not carry.
struct review_worded {
  static constexpr std::string_view name = "ReviewWorded";
  words content;
  static constexpr auto fields() { return std::tuple{field{"content", &review_worded::content}}; }
  bool operator==(const review_worded&) const = default;
};

// -- alarm: who was notified of what ----------------------------------------------------------

struct alarm_state {
  words receiver; ///< "(guest)" or "(host)" and the name
  words message;  ///< name of the event
  static constexpr auto fields() {
    return std::tuple{field{"receiver", &alarm_state::receiver},
                      field{"message", &alarm_state::message}};
  }
  bool operator==(const alarm_state&) const = default;
};

/// The alarm's id follows from what it tells of (actors/mybnb/alarm.hpp).
struct notify : alarm_state {
  static constexpr std::string_view name = "notify";
  std::int64_t id = 0; ///< of the alarm
  static constexpr auto fields() {
    return std::tuple_cat(std::tuple{field{"id", &notify::id}}, alarm_state::fields());
  }
  bool operator==(const notify&) const = default;
};
/// What it told of was voided.
struct withdraw_alarm : nothing {
  static constexpr std::string_view name = "withdrawAlarm";
};

struct notified : alarm_state {
  static constexpr std::string_view name = "Notified";
};
struct alarm_withdrawn : nothing {
  static constexpr std::string_view name = "AlarmWithdrawn";
};

// -- mypage: every booking with its state and score, a view -----------------------------------

struct my_page_row : payment_state {
  count score;
  static constexpr auto fields() {
    return std::tuple_cat(payment_state::fields(), std::tuple{field{"score", &my_page_row::score}});
  }
  bool operator==(const my_page_row&) const = default;
};

// -- the contexts -----------------------------------------------------------------------------

[[nodiscard]] inline context_info named(std::string_view context, std::string_view resource,
                                        std::string_view entity, ranking rank,
                                        std::string_view purpose) {
  context_info made;
  made.system = "mybnb";
  made.name = context;
  made.resource = resource;
  made.entity = entity;
  made.rank = rank;
  made.purpose = purpose;
  made.sensitive = {"address", "host", "guest", "receiver"};
  return made;
}

[[nodiscard]] inline context_info room_context() {
  context_info room = named("room", "rooms", "room", ranking::core,
                            "Hosts register their rooms, change and withdraw them.");
  room.state = describe<room_state>("Room", {"there"});
  room.filters = {"host"};
  room.commands = {{.message = describe<register_room>(),
                    .meaning = "register a room; auth approves it first",
                    .creates = true,
                    .verbs = {http_verb::post}},
                   {.message = describe<change_room>(),
                    .meaning = "change what is given",
                    .verbs = {http_verb::patch}},
                   {.message = describe<replace_room>(),
                    .meaning = "replace everything that is said of the room",
                    .verbs = {http_verb::put}},
                   {.message = describe<withdraw_room>(),
                    .meaning = "withdraw the room",
                    .verbs = {http_verb::del}}};
  room.events = {
      {describe<room_registered>()}, {describe<room_changed>()}, {describe<room_deleted>()}};
  room.asks = {{"mybnb.auth", approve::name}};
  return room;
}

[[nodiscard]] inline context_info auth_context() {
  context_info auth =
      named("auth", "auths", "auth", ranking::supporting, "Approvals of hosts' rooms.");
  auth.state = describe<auth_state>("Auth");
  auth.filters = {"roomId", "host"};
  auth.commands = {{.message = describe<approve>(),
                    .meaning = "approve a host's room; approving it again replaces the approval",
                    .creates = true,
                    .id_from = "roomId",
                    .verbs = {http_verb::post}}};
  auth.events = {{describe<auth_approved>()}, {describe<auth_voided>()}};
  return auth;
}

[[nodiscard]] inline context_info booking_context() {
  context_info booking = named("booking", "bookings", "booking", ranking::core,
                               "Guests book rooms and cancel their bookings.");
  booking.state = describe<booking_state>("Booking", {"there"});
  booking.filters = {"roomId", "guest", "host"};
  booking.commands = {
      {.message = describe<book>(),
       .meaning = "book a stay; it is paid first",
       .creates = true,
       .verbs = {http_verb::post}},
      {.message = describe<cancel_booking>(),
       .meaning = "cancel the booking; its payment is cancelled as well",
       .verbs = {http_verb::del}},
      {.message = describe<note_review>(), .meaning = "note a review", .creates = true}};
  booking.events = {
      {describe<booked>()}, {describe<book_canceled>()}, {describe<booking_reviewed>()}};
  booking.asks = {{"mybnb.pay", pay::name}};
  booking.policies = {{"NoteReview", "mybnb.review", review_registered::name, note_review::name}};
  return booking;
}

[[nodiscard]] inline context_info pay_context() {
  context_info payments = named("pay", "payments", "payment", ranking::general,
                                "The history of payments, approved and cancelled.");
  payments.state = describe<payment_state>("Payment");
  payments.filters = {"bookId", "guest", "status"};
  payments.commands = {{.message = describe<pay>(),
                        .meaning = "pay a stay: a row PayApproved",
                        .creates = true,
                        .verbs = {http_verb::post}},
                       {.message = describe<cancel_payment>(),
                        .meaning = "cancel the payment of a stay: a row PayCanceled",
                        .creates = true}};
  payments.events = {
      {describe<pay_approved>()}, {describe<pay_canceled>()}, {describe<pay_voided>()}};
  payments.policies = {
      {"CancelPayment", "mybnb.booking", book_canceled::name, cancel_payment::name}};
  return payments;
}

[[nodiscard]] inline context_info review_context() {
  context_info review = named("review", "reviews", "review", ranking::supporting,
                              "What guests think of their stays.");
  review.state = describe<review_state>("Review");
  review.filters = {"bookId", "roomId", "guest"};
  review.commands = {{.message = describe<write_review>(),
                      .meaning = "review a stay",
                      .creates = true,
                      .verbs = {http_verb::post}}};
  review.events = {{describe<review_registered>()}, {describe<review_worded>(), true}};
  return review;
}

[[nodiscard]] inline context_info alarm_context() {
  context_info alarm =
      named("alarm", "alarms", "alarm", ranking::supporting, "Who was notified of what.");
  alarm.state = describe<alarm_state>("Alarm");
  alarm.filters = {"receiver", "message"};
  alarm.commands = {
      {.message = describe<notify>(),
       .meaning = "notify guest or host",
       .creates = true,
       .id_from = "id"},
      {.message = describe<withdraw_alarm>(), .meaning = "take back what was said too early"}};
  alarm.events = {{describe<notified>(), true}, {describe<alarm_withdrawn>(), true}};
  alarm.policies = {{"TellApproval", "mybnb.auth", auth_approved::name, notify::name},
                    {"TellBooking", "mybnb.booking", booked::name, notify::name},
                    {"TellCancellation", "mybnb.booking", book_canceled::name, notify::name},
                    {"TellPayment", "mybnb.pay", pay_approved::name, notify::name},
                    {"TellRefund", "mybnb.pay", pay_canceled::name, notify::name},
                    {"TellReview", "mybnb.review", review_registered::name, notify::name},
                    {"ForgetApproval", "mybnb.auth", auth_voided::name, withdraw_alarm::name},
                    {"ForgetPayment", "mybnb.pay", pay_voided::name, withdraw_alarm::name}};
  return alarm;
}

[[nodiscard]] inline context_info my_page_context() {
  context_info my_page = named("mypage", "mypages", "mypage", ranking::supporting,
                               "Every booking with its state and score.");
  my_page.kind = context_kind::view;
  my_page.state = describe<my_page_row>("Mypage");
  my_page.filters = {"guest", "host", "status"};
  my_page.view = {{"mybnb.booking", "mybnb.pay"}, "id", {"guest", "host", "status"}};
  return my_page;
}

[[nodiscard]] inline std::vector<context_info> contexts() {
  return {room_context(),  booking_context(), pay_context(),    review_context(),
          alarm_context(), auth_context(),    my_page_context()};
}

} // namespace troupe::mybnb
