#include "actors/siren/product.hpp"

#include <algorithm>

namespace troupe::siren {
namespace {

product_state as_told(const product_facts& event) {
  return {event.status, event.price, std::max<std::int64_t>(event.price.value_or(0), 0)};
}

} // namespace

decision<product::event> product::decide(const state&, const register_product& command,
                                         const turn_info& info) {
  return accept(product_registered{{info.id.number, command.status, command.price}});
}

decision<product::event> product::decide(const state& now, const change_product& command,
                                         const turn_info& info) {
  const words status = command.status ? command.status : now.status;
  const count price = command.price ? command.price : now.price;
  if (status == now.status && price == now.price) return accept();
  return accept(updated_product_status{{info.id.number, status, price}});
}

product_state product::evolve(state, const product_registered& event) {
  return as_told(event);
}

product_state product::evolve(state, const updated_product_status& event) {
  return as_told(event);
}

} // namespace troupe::siren
