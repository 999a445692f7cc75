#include "actors/screening/my_page.hpp"

#include "actors/behaviour.hpp"

#include <catch2/catch.hpp>

namespace troupe::screening {
namespace {

screening_facts told(const char* status) {
  return {7, 1, "Samsung", "20200910", "Kim", status};
}
row_change status_becomes(const char* status) {
  return row_change::update(7, {{"status", status}});
}

TEST_CASE("a requested screening has a row under its id", "[screening]") {
  const row_changes expected{row_change::upsert(
      7,
      {{"screeningId", 7}, {"custNm", "Kim"}, {"hospitalNm", "Samsung"}, {"status", "REQUESTED"}})};
  CHECK(show_request({told("REQUESTED")}) == expected);
}

TEST_CASE("what a request did not say is null on the page", "[screening]") {
  const row_changes expected{row_change::upsert(
      7,
      {{"screeningId", 7}, {"custNm", nullptr}, {"hospitalNm", nullptr}, {"status", "REQUESTED"}})};
  CHECK(show_request({{7, 1, {}, {}, {}, "REQUESTED"}}) == expected);
}

TEST_CASE("a completion shows only where nothing came after the request", "[screening]") {
  const row_changes expected{status_becomes("REQUEST_COMPLETED").only_if("status", {"REQUESTED"})};
  CHECK(show_completion({{3, 7, "1", "Samsung", "Kim", "REQUEST_COMPLETED"}}) == expected);
}

TEST_CASE("both kinds of cancellation show", "[screening]") {
  CHECK(show_cancellation({told("CANCELED")}) == row_changes{status_becomes("CANCELED")});
  CHECK(show_forced_cancellation({told("FORCE_CANCELED")}) ==
        row_changes{status_becomes("FORCE_CANCELED")});
}

TEST_CASE("my page folds four events, and the other contexts have their policies", "[screening]") {
  std::size_t seen = 0;
  for (const auto& each : all_behaviours()) {
    REQUIRE(each.info != nullptr);
    if (each.info->system != "screening") continue;
    ++seen;
    if (each.info->name == "myPage") {
      CHECK(each.folds.size() == 4);
      CHECK_FALSE(each.make_aggregate);
      continue;
    }
    CHECK(each.make_aggregate);
    REQUIRE(each.policies.size() == each.info->policies.size());
    for (std::size_t i = 0; i < each.policies.size(); ++i) {
      CHECK(each.policies[i].name == each.info->policies[i].name);
      CHECK(each.policies[i].source == each.info->policies[i].source);
      CHECK(each.policies[i].event == each.info->policies[i].event);
    }
  }
  CHECK(seen == 4);
}

} // namespace
} // namespace troupe::screening
