#include "actors/mybnb/review.hpp"

namespace troupe::mybnb {

decision<review::event> review::decide(const state&, const write_review& command,
                                       const turn_info& info) {
  return accept(review_registered{command, info.id.number, status_after<review_registered>()},
                review_worded{command.content});
}

review_state review::evolve(state now, const review_registered& event) {
  return {event, now.content};
}

review_state review::evolve(state now, const review_worded& event) {
  now.content = event.content;
  return now;
}

} // namespace troupe::mybnb
