#include "actors/taxi/call_list.hpp"

#include "actors/behaviour.hpp"
#include "messages/taxi.hpp"

#include <catch2/catch.hpp>

using namespace troupe;
using namespace troupe::taxi;

TEST_CASE("a call appears on the board with nothing settled", "[taxi]") {
  const row_changes expected{row_change::upsert(
      7, {{"customerId", 1}, {"destination", "junja"}, {"status", "Called"}, {"cost", 500}})};
  CHECK(board_call(called_taxi{7, 1, "junja", "Called", 500}) == expected);
}

TEST_CASE("what a call did not say is null on the board", "[taxi]") {
  const row_changes expected{row_change::upsert(7, {{"customerId", nullptr},
                                                    {"destination", nullptr},
                                                    {"status", "Called"},
                                                    {"cost", nullptr}})};
  CHECK(board_call(called_taxi{7, {}, {}, "Called", {}}) == expected);
}

TEST_CASE("the board shows the status of a call it knows, by the call's id", "[taxi]") {
  const row_changes expected{row_change::update(6, {{"status", "Accepted"}, {"cost", 100}})};
  CHECK(board_status(updated_status{3, 6, "Accepted", 100}) == expected);
}

TEST_CASE("a completed call shows what was settled", "[taxi]") {
  const row_changes expected{
      row_change::update(6, {{"status", "Completed"}, {"cost", 90}, {"settled", 90}})};
  CHECK(board_status(updated_status{3, 6, "Completed", 90}) == expected);
}

TEST_CASE("the board folds calls and drivers, and the other contexts have their policies",
          "[taxi]") {
  std::size_t seen = 0;
  for (const auto& each : all_behaviours()) {
    REQUIRE(each.info != nullptr);
    if (each.info->system != "taxi") continue;
    ++seen;
    if (each.info->name == "callList") {
      CHECK(each.folds.size() == 2);
      CHECK_FALSE(each.make_aggregate);
    } else {
      CHECK(each.make_aggregate);
      CHECK(each.policies.size() == each.info->policies.size());
    }
  }
  CHECK(seen == 4);
}
