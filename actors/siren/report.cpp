#include "actors/siren/report.hpp"

namespace troupe::siren {

row_changes report_product(const product_registered& event) {
  return {row_change::upsert(event.id,
                             {{"status", column(event.status)}, {"price", column(event.price)}})};
}

row_changes report_change(const updated_product_status& event) {
  return {row_change::update(event.id,
                             {{"status", column(event.status)}, {"price", column(event.price)}})};
}

} // namespace troupe::siren
