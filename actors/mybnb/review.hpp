#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/mybnb.hpp"

#include <variant>

namespace troupe::mybnb {

/// What a guest thinks of a stay. The booking is not checked.
struct review {
  using state = review_state;
  using event = std::variant<review_registered, review_worded>;
  using commands = type_list<write_review>;
  using settles = type_list<>;
  using compensates = type_list<>;

  static decision<event> decide(const state&, const write_review&, const turn_info&);

  static state evolve(state, const review_registered&);
  static state evolve(state, const review_worded&);
};

} // namespace troupe::mybnb
