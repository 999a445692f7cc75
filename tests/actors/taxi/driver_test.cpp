#include "actors/taxi/driver.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::taxi;

namespace {

const turn_info third{aggregate_id{3}, 1'000, {}};
using decided = decision<driver::event>;

driver_state with_status(const std::string& status) {
  return {6, "suji", status, 100};
}

void check_refused(const std::string& from, const std::string& to) {
  INFO(from << " to " << to);
  const auto refused = driver::decide(with_status(from), change_status{to}, third);
  REQUIRE(refused.as_rejection() != nullptr);
  CHECK(refused.as_rejection()->code == errc::rejected);
  CHECK(refused.as_rejection()->reason == "INVALID_TRANSITION");
}

} // namespace

TEST_CASE("policy ReceiveCallList puts a call on the list under the call's id", "[taxi]") {
  const reactions expected{send(aggregate_id{6}, receive_call{6, "suji", 100})};
  CHECK(receive_call_list(called_taxi{6, 10, "suji", "Called", 100}) == expected);
}

TEST_CASE("a received call is on the driver's list as Called", "[taxi]") {
  const decided expected = accept(call_received{6, "suji", 100});
  CHECK(driver::decide({}, receive_call{6, "suji", 100}, third) == expected);
  CHECK(driver::evolve({}, call_received{6, "suji", 100}) == with_status("Called"));
}

TEST_CASE("a call received again changes nothing", "[taxi]") {
  const auto again = driver::decide(with_status("Accepted"), receive_call{6, "suji", 100}, third);
  CHECK(again == decided{accept()});
}

TEST_CASE("the driver accepts a called ride", "[taxi]") {
  const updated_status accepted{3, 6, "Accepted", 100};
  CHECK(driver::decide(with_status("Called"), change_status{"Accepted"}, third) ==
        decided{accept(accepted)});
  CHECK(driver::evolve(with_status("Called"), accepted) == with_status("Accepted"));
}

TEST_CASE("completing asks payment what is held for the call", "[taxi]") {
  const decided expected = ask("taxi.payment", aggregate_id{6}, settle_cost{});
  CHECK(driver::decide(with_status("Accepted"), change_status{"Completed"}, third) == expected);
}

TEST_CASE("the driver gets the settled amount", "[taxi]") {
  const auto settled =
      driver::settle(with_status("Accepted"), change_status{"Completed"}, settled_cost{90}, third);
  CHECK(settled == decided{accept(updated_status{3, 6, "Completed", 90})});
  CHECK(driver::evolve(with_status("Accepted"), updated_status{3, 6, "Completed", 90}) ==
        driver_state{6, "suji", "Completed", 90});
}

TEST_CASE("a settled amount that is not positive leaves the cost as it was", "[taxi]") {
  for (const count amount : {count{0}, count{-5}, count{}}) {
    const auto settled = driver::settle(with_status("Accepted"), change_status{"Completed"},
                                        settled_cost{amount}, third);
    CHECK(settled == decided{accept(updated_status{3, 6, "Completed", 100})});
  }
}

TEST_CASE("repeating the present status changes nothing and is accepted", "[taxi]") {
  for (const auto* status : {"Called", "Accepted", "Completed"})
    CHECK(driver::decide(with_status(status), change_status{status}, third) == decided{accept()});
}

TEST_CASE("a status goes Called, Accepted, Completed and no other way", "[taxi]") {
  check_refused("Called", "Completed");
  check_refused("Called", "Cancelled");
  check_refused("Accepted", "Called");
  check_refused("Completed", "Called");
  check_refused("Completed", "Accepted");
  check_refused("Accepted", "accepted");
  check_refused("Called", "");
}

TEST_CASE("a change without a status is malformed", "[taxi]") {
  const auto refused = driver::decide(with_status("Called"), change_status{}, third);
  REQUIRE(refused.as_rejection() != nullptr);
  CHECK(refused.as_rejection()->code == errc::malformed);
}
