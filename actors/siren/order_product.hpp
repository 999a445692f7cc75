#pragma once

#include "actors/decision.hpp"
#include "actors/type_lists.hpp"
#include "messages/siren.hpp"

#include <variant>

namespace troupe::siren {

/// The order service's copy of a product's status, under the product's id. Orders look at it, so
/// that a product that is known to be sold out is refused without asking anybody.
struct order_product {
  using state = order_product_state;
  using event = std::variant<checked_product_status, product_status_followed>;
  using commands = type_list<follow_product>;
  using settles = type_list<>;
  using compensates = type_list<>;

  /// The first time it says that it has heard of the product.
  static decision<event> decide(const state&, const follow_product&, const turn_info&);

  static state evolve(state, const checked_product_status&);
  static state evolve(state, const product_status_followed&);
};

/// Policy CopyProduct: when a product was registered, the order service gets its copy.
reactions copy_product(const product_registered&);
/// Policy FollowProductStatus: when a product changed, its copy follows.
reactions follow_product_status(const updated_product_status&);

} // namespace troupe::siren
