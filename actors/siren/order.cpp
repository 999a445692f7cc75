#include "actors/siren/order.hpp"

namespace troupe::siren {

decision<order::event> order::decide(const state&, const place_order& command, const turn_info&) {
  if (!command.product_id) return malformed("field 'productId' is missing");
  const aggregate_id product{*command.product_id};
  if (!product.given()) return reject(unknown_product, "ids of products begin at 1");
  return ask("siren.orderProduct", product, check_status{});
}

decision<order::event> order::settle(const state&, const place_order& command,
                                     const order_product_state& copy, const turn_info&) {
  if (copy.status != status_available) return reject(sold_out, "the product is not available");
  return ask("siren.product", aggregate_id{command.product_id.value_or(0)}, check_product{});
}

decision<order::event> order::settle(const state&, const place_order& command,
                                     const product_state& product, const turn_info& info) {
  if (product.selling_price <= 0) return reject(not_for_sale, "the product has no price");
  return accept(ordered{info.id.number, command.product_id.value_or(0), product.selling_price});
}

order_state order::evolve(state, const ordered& event) {
  return {event.product_id, event.price};
}

} // namespace troupe::siren
