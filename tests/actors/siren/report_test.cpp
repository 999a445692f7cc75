#include "actors/siren/report.hpp"

#include "actors/behaviour.hpp"

#include <catch2/catch.hpp>

namespace troupe::siren {
namespace {

TEST_CASE("a registered product is in the report under its id", "[siren]") {
  const row_changes expected{row_change::upsert(3, {{"status", "Available"}, {"price", 3500}})};
  CHECK(report_product({{3, "Available", 3500}}) == expected);
}

TEST_CASE("what a product did not say is null in the report", "[siren]") {
  const row_changes expected{row_change::upsert(3, {{"status", nullptr}, {"price", nullptr}})};
  CHECK(report_product({{3, {}, {}}}) == expected);
}

TEST_CASE("the report follows state and price of a product it knows", "[siren]") {
  const row_changes expected{row_change::update(3, {{"status", "SoldOut"}, {"price", 4000}})};
  CHECK(report_change({{3, "SoldOut", 4000}}) == expected);
}

TEST_CASE("the report folds two events, and the copy belongs to the order context", "[siren]") {
  std::size_t seen = 0;
  for (const auto& each : all_behaviours()) {
    REQUIRE(each.info != nullptr);
    if (each.info->system != "siren") continue;
    ++seen;
    CHECK(each.info->part_of == (each.info->name == "orderProduct" ? "siren.order" : ""));
    if (each.info->name == "report") {
      CHECK(each.folds.size() == 2);
      CHECK_FALSE(each.make_aggregate);
      continue;
    }
    CHECK(each.make_aggregate);
    REQUIRE(each.policies.size() == each.info->policies.size());
    for (std::size_t i = 0; i < each.policies.size(); ++i) {
      CHECK(each.policies[i].name == each.info->policies[i].name);
      CHECK(each.policies[i].event == each.info->policies[i].event);
    }
  }
  CHECK(seen == 4);
}

} // namespace
} // namespace troupe::siren
