#include "actors/siren/order.hpp"

#include <catch2/catch.hpp>

namespace troupe::siren {
namespace {

const turn_info fifth{aggregate_id{5}, 1'000, {}};
const place_order of_third{3};
using decided = decision<order::event>;

void check_refused(const decided& refused, errc code, std::string_view reason) {
  REQUIRE(refused.as_rejection() != nullptr);
  CHECK(refused.as_rejection()->code == code);
  CHECK(refused.as_rejection()->reason == reason);
}

TEST_CASE("an order looks at the copy of the product first", "[siren]") {
  const decided expected = ask("siren.orderProduct", aggregate_id{3}, check_status{});
  CHECK(order::decide({}, of_third, fifth) == expected);
}

TEST_CASE("an order without a product is malformed", "[siren]") {
  check_refused(order::decide({}, place_order{}, fifth), errc::malformed, "");
}

TEST_CASE("a number that no product can have is an unknown product", "[siren]") {
  for (const std::int64_t number : {0, -1})
    check_refused(order::decide({}, place_order{number}, fifth), errc::rejected, "UNKNOWN_PRODUCT");
}

TEST_CASE("an available product is asked for its price", "[siren]") {
  const decided expected = ask("siren.product", aggregate_id{3}, check_product{});
  CHECK(order::settle({}, of_third, order_product_state{"Available", 3}, fifth) == expected);
}

TEST_CASE("a product in any other state is not ordered, and its price not asked for", "[siren]") {
  for (const words& status : {words{"SoldOut"}, words{"available"}, words{""}, words{}})
    check_refused(order::settle({}, of_third, order_product_state{status, 3}, fifth),
                  errc::rejected, "SOLD_OUT");
}

TEST_CASE("an order is taken at the price that the product answers", "[siren]") {
  const ordered event{5, 3, 3500};
  CHECK(order::settle({}, of_third, product_state{"Available", 3500, 3500}, fifth) ==
        decided{accept(event)});
  CHECK(order::evolve({}, event) == order_state{3, 3500});
}

TEST_CASE("a product without a price is not for sale", "[siren]") {
  check_refused(order::settle({}, of_third, product_state{"Available", {}, 0}, fifth),
                errc::rejected, "NOT_FOR_SALE");
  check_refused(order::settle({}, of_third, product_state{"Available", 0, 0}, fifth),
                errc::rejected, "NOT_FOR_SALE");
}

} // namespace
} // namespace troupe::siren
