#include "actors/siren/order_product.hpp"

namespace troupe::siren {

decision<order_product::event>
order_product::decide(const state& now, const follow_product& command, const turn_info& info) {
  if (!now.product_id) return accept(checked_product_status{info.id.number, command.status});
  if (now.status == command.status) return accept();
  return accept(product_status_followed{command.status});
}

order_product_state order_product::evolve(state, const checked_product_status& event) {
  return {event.status, event.id};
}

order_product_state order_product::evolve(state now, const product_status_followed& event) {
  now.status = event.status;
  return now;
}

reactions copy_product(const product_registered& event) {
  return {send(aggregate_id{event.id}, follow_product{event.id, event.status})};
}

reactions follow_product_status(const updated_product_status& event) {
  return {send(aggregate_id{event.id}, follow_product{event.id, event.status})};
}

} // namespace troupe::siren
