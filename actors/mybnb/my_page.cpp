#include "actors/mybnb/my_page.hpp"

namespace troupe::mybnb {

row_changes page_booking(const booked& event) {
  return {row_change::upsert(event.id, {{"bookId", event.id},
                                        {"roomId", column(event.room_id)},
                                        {"name", column(event.title)},
                                        {"price", column(event.price)},
                                        {"address", column(event.address)},
                                        {"host", column(event.host)},
                                        {"guest", column(event.guest)},
                                        {"usedate", column(event.usedate)},
                                        {"status", event.status}})};
}

row_changes page_cancellation(const book_canceled& event) {
  return {row_change::update(event.id, {{"status", event.status}})};
}

row_changes page_refund(const pay_canceled& event) {
  return {row_change::update(event.book_id.value_or(0), {{"status", column(event.status)}})};
}

row_changes page_review(const booking_reviewed& event) {
  return {row_change::update(event.id, {{"score", column(event.score)}}),
          row_change::update(event.id, {{"status", event.status}})
              .only_if("status", {status_after<booked>(), event.status})};
}

} // namespace troupe::mybnb
