#include "actors/edu/my_page.hpp"

#include "actors/behaviour.hpp"
#include "messages/edu.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

using namespace troupe;
using namespace troupe::edu;

namespace {

const applied_enrolment msa{{"user", "MSA", 1}, 5};

enrolment_row with_status(const std::string& status) {
  return {msa, status};
}

/// The status column after changes in this order, as a view folds them; empty: no row.
std::string folded(const std::vector<row_changes>& order) {
  std::optional<std::string> status;
  for (const auto& changes : order) {
    for (const auto& each : changes) {
      REQUIRE(each.key == 5);
      if (each.what == row_change::effect::erase) status.reset();
      if (each.what == row_change::effect::erase) continue;
      if (each.what == row_change::effect::update && !status) continue;
      if (each.where && std::find(each.where->one_of.begin(), each.where->one_of.end(),
                                  value{*status}) == each.where->one_of.end())
        continue;
      for (const auto& [name, held] : each.columns)
        if (name == "status") status = *held.get_if<std::string>();
    }
  }
  return status.value_or("");
}

} // namespace

TEST_CASE("a paid application appears on my page", "[edu]") {
  const row_changes expected{row_change::upsert(
      5, {{"appId", 5}, {"userId", "user"}, {"eduName", "MSA"}, {"eduId", 1}, {"status", "Paid"}})};
  CHECK(page_paid(paid{{with_status("Paid"), 5}}) == expected);
}

TEST_CASE("the row of a voided payment goes away", "[edu]") {
  CHECK(page_voided(pay_voided{5, 5}) == row_changes{row_change::erase(5)});
}

TEST_CASE("the row shows how far the application is, in whatever order that is read", "[edu]") {
  const auto is_paid = page_paid(paid{{with_status("Paid"), 5}});
  const auto voided = page_voided(pay_voided{5, 5});
  const auto registered = page_registered(edu_registered{{with_status("EduRegistered"), 5}});
  const auto completed = page_completed(edu_completed{{with_status("EduCompleted"), 5}});
  const auto wished = page_app_cancelled(edu_app_cancelled{with_status("EduAppCancelled")});
  const auto cancelled = page_cancelled(edu_cancelled{{with_status("EduCancelled"), 5}});

  CHECK(folded({is_paid}) == "Paid");
  CHECK(folded({is_paid, registered}) == "EduRegistered");
  CHECK(folded({is_paid, registered, completed}) == "EduCompleted");
  CHECK(folded({is_paid, wished}) == "EduAppCancelled");
  CHECK(folded({is_paid, registered, wished}) == "EduAppCancelled");
  CHECK(folded({is_paid, wished, registered}) == "EduAppCancelled");
  CHECK(folded({is_paid, registered, completed, wished}) == "EduAppCancelled");
  CHECK(folded({is_paid, registered, wished, completed}) == "EduAppCancelled");
  CHECK(folded({is_paid, wished, registered, completed}) == "EduAppCancelled");
  CHECK(folded({is_paid, registered, wished, completed, cancelled}) == "EduCancelled");
  CHECK(folded({is_paid, wished, cancelled}) == "EduCancelled");
  CHECK(folded({is_paid, voided, registered}).empty());
  CHECK(folded({is_paid, registered, voided}).empty());
}

TEST_CASE("every context of the edu system is bound to its behaviour", "[edu]") {
  std::size_t seen = 0;
  for (const auto& each : all_behaviours()) {
    REQUIRE(each.info != nullptr);
    if (each.info->system != "edu") continue;
    ++seen;
    INFO(each.info->name);
    CHECK(each.policies.size() == each.info->policies.size());
    CHECK(each.folds.size() == (each.info->name == "mypage" ? 6 : 0));
    CHECK(static_cast<bool>(each.make_aggregate) == (each.info->name != "mypage"));
  }
  CHECK(seen == 4);
}

TEST_CASE("my page of edu is kept in memory, and the payment call has the document's timeout",
          "[edu]") {
  CHECK(find_context("edu.mypage")->view.store == view_storage::memory);
  CHECK(find_context("edu.app")->ask("edu.payment", "pay")->timeout ==
        std::chrono::milliseconds{610});
}
