#include "messages/edu.hpp"

#include "bench/scenarios.hpp"

namespace troupe::bench {

namespace {

using namespace edu;

constexpr std::uint64_t course_count = 100;

struct course {
  aggregate_id id;        ///< of the application, its payment, its education and its row on my page
  bool completed = false; ///< else cancelled

  template <message Completed, message Cancelled> [[nodiscard]] std::string ends_as() const {
    return completed ? status_after<Completed>() : status_after<Cancelled>();
  }
};

class edu_scenario final : public scenario {
public:
  explicit edu_scenario(std::int64_t run) : customer_("customer " + std::to_string(run)) {}

  [[nodiscard]] result<void> prepare(client&, std::uint32_t) override { return {}; }

  [[nodiscard]] story tell(user& by) override {
    apply wish;
    static_cast<enrolment&>(wish) = {
        customer_, "MSA", static_cast<std::int64_t>(1 + by.random.next() % course_count)};
    const aggregate_id id = (co_await by.sends("apply", "edu.app", {}, wish)).target;
    co_await by.sees<my_page_row>(
        "page shows it registered", "edu.mypage", id,
        [](const my_page_row& row) { return row.status == status_after<edu_registered>(); });
    const course taken{id, by.random.next() % 2 == 0};
    if (taken.completed) {
      change_education complete;
      complete.status = status_after<edu_completed>();
      co_await by.sends("complete", "edu.education", id, complete);
      co_await by.sees<my_page_row>(
          "page shows it completed", "edu.mypage", id,
          [](const my_page_row& row) { return row.status == status_after<edu_completed>(); });
    } else {
      change_application cancel;
      cancel.status = status_after<edu_app_cancelled>();
      co_await by.sends("cancel", "edu.app", id, cancel);
      co_await by.sees<my_page_row>(
          "page shows it cancelled", "edu.mypage", id,
          [](const my_page_row& row) { return row.status == status_after<edu_cancelled>(); });
    }
    courses_.add(taken);
  }

  void check(audit& into) override {
    const auto& courses = courses_.entries();
    const auto id_of = [](const course& each) { return each.id; };
    const auto ended = [](const course& each, const auto& row) {
      return row && row->status == each.ends_as<edu_completed, edu_cancelled>();
    };
    into.rows<application_state>("an application ends as its course did", "edu.app", courses, id_of,
                                 ended);
    into.rows<my_page_row>("and my page shows it so", "edu.mypage", courses, id_of, ended);
    into.rows<payment_state>("no application is unpaid, and a cancelled one is paid back",
                             "edu.payment", courses, id_of,
                             [](const course& each, const std::optional<payment_state>& row) {
                               return row && row->status == each.ends_as<paid, pay_cancelled>();
                             });
    into.rows<education_state>("a completed course is there, a cancelled one is not",
                               "edu.education", courses, id_of,
                               [](const course& each, const std::optional<education_state>& row) {
                                 return row.has_value() == each.completed;
                               });
    into.count("every application has one effect", "edu.app", {{"userId", customer_}},
               courses.size());
    into.count("nothing is paid without an application", "edu.payment", {{"userId", customer_}},
               courses.size());
  }

private:
  std::string customer_;
  ledger<course> courses_;
};

} // namespace

std::unique_ptr<scenario> make_edu_scenario(std::int64_t run) {
  return std::make_unique<edu_scenario>(run);
}

} // namespace troupe::bench
