#include "actors/screening/my_page.hpp"

namespace troupe::screening {

row_changes show_request(const requested& event) {
  return {row_change::upsert(event.id, {{"screeningId", event.id},
                                        {"custNm", column(event.customer_name)},
                                        {"hospitalNm", column(event.hospital_name)},
                                        {"status", event.status}})};
}

row_changes show_completion(const reservation_completed& event) {
  return {row_change::update(event.screening_id, {{"status", event.status}})
              .only_if("status", {status_requested})};
}

row_changes show_cancellation(const canceled& event) {
  return {row_change::update(event.id, {{"status", event.status}})};
}

row_changes show_forced_cancellation(const force_canceled& event) {
  return {row_change::update(event.id, {{"status", event.status}})};
}

} // namespace troupe::screening
