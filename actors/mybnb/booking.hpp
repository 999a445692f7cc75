#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/mybnb.hpp"

#include <variant>

namespace troupe::mybnb {

/// A guest's booking. It comes to be once it is paid; neither room nor date is checked.
struct booking {
  using state = booking_state;
  using event = std::variant<booked, book_canceled, booking_reviewed>;
  using commands = type_list<book, cancel_booking, note_review>;
  using settles = type_list<settled_by<book, payment_state>>;
  using compensates = type_list<>;

  static decision<event> decide(const state&, const book&, const turn_info&);
  static decision<event> settle(const state&, const book&, const payment_state&, const turn_info&);
  static decision<event> decide(const state&, const cancel_booking&, const turn_info&);
  static decision<event> decide(const state&, const note_review&, const turn_info&);

  static state evolve(state, const booked&);
  static state evolve(state, const book_canceled&);
  static state evolve(state, const booking_reviewed&);
  static bool exists(const state&);
};

/// Policy NoteReview: when a review was registered, its booking notes it.
reactions reach_booking(const review_registered&);

} // namespace troupe::mybnb
