#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/siren.hpp"

#include <variant>

namespace troupe::siren {

/// A product of the shop. Its status is free text; only "Available" can be ordered. What has no
/// price above 0 is not for sale.
struct product {
  using state = product_state;
  using event = std::variant<product_registered, updated_product_status>;
  using commands = type_list<register_product, change_product>;
  using settles = type_list<>;
  using compensates = type_list<>;

  static decision<event> decide(const state&, const register_product&, const turn_info&);
  /// A change that changes nothing is accepted and says nothing.
  static decision<event> decide(const state&, const change_product&, const turn_info&);

  static state evolve(state, const product_registered&);
  static state evolve(state, const updated_product_status&);
};

} // namespace troupe::siren
