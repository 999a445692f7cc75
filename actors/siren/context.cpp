#include "actors/siren/context.hpp"

#include "actors/aggregate_type.hpp"
#include "actors/siren/order.hpp"
#include "actors/siren/order_product.hpp"
#include "actors/siren/product.hpp"
#include "actors/siren/report.hpp"

namespace troupe::siren {

std::vector<context_behaviour> behaviours() {
  return {
      {.info = find_context("siren.order"), .make_aggregate = make_instance<order>},
      {.info = find_context("siren.orderProduct"),
       .make_aggregate = make_instance<order_product>,
       .policies = {policy("CopyProduct", "siren.product", copy_product),
                    policy("FollowProductStatus", "siren.product", follow_product_status)}},
      {.info = find_context("siren.product"), .make_aggregate = make_instance<product>},
      {.info = find_context("siren.report"),
       .folds = {folds("siren.product", report_product), folds("siren.product", report_change)}},
  };
}

} // namespace troupe::siren
