#include "actors/mybnb/booking.hpp"

namespace troupe::mybnb {

decision<booking::event> booking::decide(const state&, const book& command, const turn_info& info) {
  return ask("mybnb.pay", aggregate_id{}, pay{{command, info.id.number}});
}

decision<booking::event> booking::settle(const state&, const book& command, const payment_state&,
                                         const turn_info& info) {
  return accept(booked{{command, info.id.number, status_after<booked>()}});
}

decision<booking::event> booking::decide(const state& now, const cancel_booking&,
                                         const turn_info& info) {
  return accept(book_canceled{{now, info.id.number, status_after<book_canceled>()}});
}

decision<booking::event> booking::decide(const state&, const note_review& command,
                                         const turn_info& info) {
  return accept(booking_reviewed{info.id.number, command.score, status_after<review_registered>()});
}

booking_state booking::evolve(state, const booked& event) {
  return {event, true};
}

booking_state booking::evolve(state, const book_canceled&) {
  return {};
}

booking_state booking::evolve(state now, const booking_reviewed&) {
  return now;
}

bool booking::exists(const state& now) {
  return now.there;
}

reactions reach_booking(const review_registered& event) {
  if (event.book_id.value_or(0) < 1) return {};
  return {send(aggregate_id{*event.book_id}, note_review{event.score})};
}

} // namespace troupe::mybnb
