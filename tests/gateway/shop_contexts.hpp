#pragma once

#include "messages/descriptor.hpp"

#include <span>

namespace troupe::gateway {

/// A made-up system with every kind of route: `shop.order` (POST, PATCH, DELETE), `shop.stock`
/// (POST whose id comes from a field, PUT, a query) and the view `shop.board`.
[[nodiscard]] std::span<const context_info> shop_contexts();

} // namespace troupe::gateway
