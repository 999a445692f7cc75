#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/siren.hpp"

#include <variant>

namespace troupe::siren {

/// A customer's order. It comes to be if the order service's own copy of the product is available
/// and the product, asked then, has a price; it never changes afterwards.
struct order {
  using state = order_state;
  using event = std::variant<ordered>;
  using commands = type_list<place_order>;
  using settles = type_list<settled_by<place_order, order_product_state, check_status>,
                            settled_by<place_order, product_state, check_product>>;
  using compensates = type_list<>;

  static decision<event> decide(const state&, const place_order&, const turn_info&);
  /// The copy has answered: what is available is asked for its price.
  static decision<event> settle(const state&, const place_order&, const order_product_state&,
                                const turn_info&);
  static decision<event> settle(const state&, const place_order&, const product_state&,
                                const turn_info&);

  static state evolve(state, const ordered&);
};

} // namespace troupe::siren
