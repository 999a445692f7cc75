#include "actors/siren/product.hpp"

#include <catch2/catch.hpp>

namespace troupe::siren {
namespace {

const turn_info third{aggregate_id{3}, 1'000, {}};
const product_state coffee{"Available", 3500, 3500};
using decided = decision<product::event>;

TEST_CASE("a product is registered as given", "[siren]") {
  const product_registered registered{{3, "Available", 3500}};
  CHECK(product::decide({}, register_product{"Available", 3500}, third) ==
        decided{accept(registered)});
  CHECK(product::evolve({}, registered) == coffee);
}

TEST_CASE("a price that is missing or not above 0 is kept and asks for nothing", "[siren]") {
  CHECK(product::evolve({}, product_registered{{3, {}, {}}}) == product_state{{}, {}, 0});
  CHECK(product::evolve({}, product_registered{{3, "Available", 0}}) ==
        product_state{"Available", 0, 0});
  CHECK(product::evolve({}, product_registered{{3, "Available", -5}}) ==
        product_state{"Available", -5, 0});
}

TEST_CASE("a product's state changes and its price stays", "[siren]") {
  const updated_product_status updated{{3, "SoldOut", 3500}};
  CHECK(product::decide(coffee, change_product{"SoldOut", {}}, third) == decided{accept(updated)});
  CHECK(product::evolve(coffee, updated) == product_state{"SoldOut", 3500, 3500});
}

TEST_CASE("a product's price changes and its state stays", "[siren]") {
  const updated_product_status updated{{3, "Available", 4000}};
  CHECK(product::decide(coffee, change_product{{}, 4000}, third) == decided{accept(updated)});
  CHECK(product::evolve(coffee, updated) == product_state{"Available", 4000, 4000});
}

TEST_CASE("a change that changes nothing says nothing", "[siren]") {
  for (const auto& change : {change_product{}, change_product{"Available", {}},
                             change_product{{}, 3500}, change_product{"Available", 3500}})
    CHECK(product::decide(coffee, change, third) == decided{accept()});
}

} // namespace
} // namespace troupe::siren
