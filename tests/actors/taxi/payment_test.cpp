#include "actors/taxi/payment.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::taxi;

namespace {

const turn_info seventh{aggregate_id{7}, 1'000, {}};
const payment_state held{7, 500, "junja"};
using decided = decision<payment::event>;

} // namespace

TEST_CASE("a fare is held under the id of its call", "[taxi]") {
  const registered_destination_info registered{7, 7, 500, "junja"};
  CHECK(payment::decide({}, register_fare{7, 500, "junja"}, seventh) ==
        decided{accept(registered)});
  CHECK(payment::evolve({}, registered) == held);
  CHECK(payment::exists(held));
}

TEST_CASE("registering a fare again replaces it", "[taxi]") {
  const registered_destination_info registered{7, 7, 400, "suji"};
  CHECK(payment::decide(held, register_fare{7, 400, "suji"}, seventh) ==
        decided{accept(registered)});
  CHECK(payment::evolve(held, registered) == payment_state{7, 400, "suji"});
}

TEST_CASE("a fare whose call never came to be is given back", "[taxi]") {
  CHECK(payment::compensate(held, register_fare{7, 500, "junja"}, seventh) ==
        decided{accept(fare_voided{})});
  CHECK_FALSE(payment::exists(payment::evolve(held, fare_voided{})));
}

TEST_CASE("a fare that is gone is not given back again", "[taxi]") {
  CHECK(payment::compensate({}, register_fare{7, 500, "junja"}, seventh) == decided{accept()});
}
