#include "actors/taxi/call_list.hpp"

namespace troupe::taxi {

row_changes board_call(const called_taxi& event) {
  return {row_change::upsert(event.id, {{"customerId", column(event.customer_id)},
                                        {"destination", column(event.destination)},
                                        {"status", event.status},
                                        {"cost", column(event.cost)}})};
}

row_changes board_status(const updated_status& event) {
  value::object columns{{"status", event.status}, {"cost", column(event.cost)}};
  if (event.status == status_completed) columns.emplace_back("settled", column(event.cost));
  return {row_change::update(event.call_id, std::move(columns))};
}

} // namespace troupe::taxi
