#pragma once

#include "actors/decision.hpp"
#include "messages/siren.hpp"

namespace troupe::siren {

/// The clerk's report: one row per product, under the product's id.
row_changes report_product(const product_registered&);
/// State and price follow the product.
row_changes report_change(const updated_product_status&);

} // namespace troupe::siren
