#pragma once

#include "actors/decision.hpp"
#include "messages/mybnb.hpp"

namespace troupe::mybnb {

/// My page: one row per booking, under the booking's id.
row_changes page_booking(const booked&);
row_changes page_cancellation(const book_canceled&);
row_changes page_refund(const pay_canceled&);
/// A review of a cancelled booking leaves its score; the booking stays cancelled. The condition
/// keeps the row independent of which stream is read first.
row_changes page_review(const booking_reviewed&);

} // namespace troupe::mybnb
