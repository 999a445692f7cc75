#pragma once

#include "actors/decision.hpp"
#include "messages/edu.hpp"

namespace troupe::edu {

// My page: one row per paid application, under the application's id. The education hears of a
// cancellation later than the page does; the conditions keep a cancelled row cancelled, whichever
// stream is read first.
row_changes page_paid(const paid&);
row_changes page_voided(const pay_voided&);
row_changes page_registered(const edu_registered&);
row_changes page_completed(const edu_completed&);
row_changes page_app_cancelled(const edu_app_cancelled&);
row_changes page_cancelled(const edu_cancelled&);

} // namespace troupe::edu
