#include "actors/taxi/call.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::taxi;

namespace {

const turn_info seventh{aggregate_id{7}, 1'000, {}};
const call_taxi to_junja{1, "junja", 500};
const call_state called{1, "junja", "Called", 500};
using decided = decision<call::event>;

} // namespace

TEST_CASE("calling a taxi asks payment to hold the fare under the call's id", "[taxi]") {
  const decided expected = ask("taxi.payment", aggregate_id{7}, register_fare{7, 500, "junja"});
  CHECK(call::decide({}, to_junja, seventh) == expected);
}

TEST_CASE("a call without cost and destination asks with what it has", "[taxi]") {
  const decided expected = ask("taxi.payment", aggregate_id{7}, register_fare{7, {}, {}});
  CHECK(call::decide({}, call_taxi{1, {}, {}}, seventh) == expected);
}

TEST_CASE("once the fare is held, the call is Called and says so", "[taxi]") {
  const decided expected = accept(called_taxi{7, 1, "junja", "Called", 500});
  CHECK(call::settle({}, to_junja, payment_state{7, 500, "junja"}, seventh) == expected);
}

TEST_CASE("a call is as its event says", "[taxi]") {
  CHECK(call::evolve({}, called_taxi{7, 1, "junja", "Called", 500}) == called);
}

TEST_CASE("a call follows the driver's status and keeps the rest", "[taxi]") {
  const decided expected = accept(call_status_followed{"Accepted"});
  CHECK(call::decide(called, update_call_status{"Accepted"}, seventh) == expected);
  const call_state followed{1, "junja", "Accepted", 500};
  CHECK(call::evolve(called, call_status_followed{"Accepted"}) == followed);
}

TEST_CASE("a call that has the status already records nothing", "[taxi]") {
  CHECK(call::decide(called, update_call_status{"Called"}, seventh) == decided{accept()});
}

TEST_CASE("policy UpdateStatus sends the driver's status to its call", "[taxi]") {
  const reactions expected{send(aggregate_id{6}, update_call_status{"Accepted"})};
  CHECK(follow_driver(updated_status{3, 6, "Accepted", 100}) == expected);
}
