#include "actors/siren/order_product.hpp"

#include <catch2/catch.hpp>

namespace troupe::siren {
namespace {

const turn_info third{aggregate_id{3}, 1'000, {}};
using decided = decision<order_product::event>;

TEST_CASE("both policies send the product's status to its copy", "[siren]") {
  CHECK(copy_product({{3, "Available", 3500}}) ==
        reactions{send(aggregate_id{3}, follow_product{3, "Available"})});
  CHECK(follow_product_status({{3, "SoldOut", 3500}}) ==
        reactions{send(aggregate_id{3}, follow_product{3, "SoldOut"})});
}

TEST_CASE("the copy says when it first heard of a product", "[siren]") {
  const checked_product_status checked{3, "Available"};
  CHECK(order_product::decide({}, follow_product{3, "Available"}, third) ==
        decided{accept(checked)});
  CHECK(order_product::evolve({}, checked) == order_product_state{"Available", 3});
}

TEST_CASE("the copy of a product without a status is heard of once, too", "[siren]") {
  CHECK(order_product::decide({}, follow_product{3, {}}, third) ==
        decided{accept(checked_product_status{3, {}})});
  const auto copy = order_product::evolve({}, checked_product_status{3, {}});
  CHECK(order_product::decide(copy, follow_product{3, {}}, third) == decided{accept()});
}

TEST_CASE("the copy follows a change and keeps quiet about a repetition", "[siren]") {
  const order_product_state copy{"Available", 3};
  CHECK(order_product::decide(copy, follow_product{3, "SoldOut"}, third) ==
        decided{accept(product_status_followed{"SoldOut"})});
  CHECK(order_product::evolve(copy, product_status_followed{"SoldOut"}) ==
        order_product_state{"SoldOut", 3});
  CHECK(order_product::decide(copy, follow_product{3, "Available"}, third) == decided{accept()});
}

} // namespace
} // namespace troupe::siren
