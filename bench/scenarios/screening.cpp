#include "messages/screening.hpp"

#include "bench/scenarios.hpp"

#include <map>

namespace troupe::bench {

namespace {

using namespace screening;

constexpr std::size_t hospital_count = 32; ///< requests at one hospital wait for each other
constexpr std::int64_t places = 1'000'000; ///< never all taken
constexpr std::string_view hospital_name = "Harbour Hospital";
constexpr std::string_view check_date = "20260910";

struct visit {
  aggregate_id id; ///< of the screening, its reservation and its row on my page
};

class screening_scenario final : public scenario {
public:
  explicit screening_scenario(std::int64_t run) : customer_("customer " + std::to_string(run)) {}

  [[nodiscard]] result<void> prepare(client& through, std::uint32_t) override {
    const register_hospital one{words{hospital_name}, words{check_date}, places};
    const std::vector<register_hospital> all(hospital_count, one);
    auto made = make_all(through, "screening.hospital", all);
    if (!made) return made.error();
    hospitals_ = std::move(*made);
    return {};
  }

  [[nodiscard]] story tell(user& by) override {
    const aggregate_id hospital = hospitals_[by.random.next() % hospitals_.size()];
    const request_screening request{hospital.number, words{hospital_name}, words{check_date},
                                    customer_};
    const cancel_screening cancel{words{status_canceled}};
    const aggregate_id id =
        (co_await by.sends("request", "screening.screening", {}, request)).target;
    co_await by.sees<my_page_row>(
        "page shows it completed", "screening.myPage", id,
        [](const my_page_row& row) { return row.status == status_completed; });
    co_await by.sends("cancel", "screening.screening", id, cancel);
    co_await by.sees<my_page_row>(
        "page shows it cancelled", "screening.myPage", id,
        [](const my_page_row& row) { return row.status == status_canceled; });
    visits_.add({id});
  }

  void check(audit& into) override {
    const auto& visits = visits_.entries();
    const auto id_of = [](const visit& each) { return each.id; };
    const auto cancelled = [](const visit&, const auto& row) {
      return row && row->status == status_canceled;
    };
    into.rows<screening_state>("a cancelled screening is cancelled", "screening.screening", visits,
                               id_of, cancelled);
    into.rows<reservation_state>("so is its reservation", "screening.reservation", visits, id_of,
                                 cancelled);
    into.rows<my_page_row>("and my page shows it so", "screening.myPage", visits, id_of, cancelled);
    into.count("every request has one effect", "screening.screening", {{"custNm", customer_}},
               visits.size());
    check_places(into);
  }

private:
  void check_places(audit& into) const {
    const std::string what = "a hospital's free places and its live screenings are all its places";
    std::map<std::int64_t, std::uint64_t> live;
    for (const aggregate_id each : hospitals_)
      for (const auto status : {status_requested, status_completed})
        live[each.number] += into.total(what, "screening.screening",
                                        {{"hospitalId", each.number}, {"status", status}})
                                 .value_or(0);
    into.rows<hospital_state>(
        what, "screening.hospital", hospitals_, [](aggregate_id each) { return each; },
        [&](aggregate_id each, const std::optional<hospital_state>& row) {
          const auto taken = static_cast<std::int64_t>(live[each.number]);
          return row && row->places.value_or(0) + taken == places;
        });
  }

  std::string customer_;
  std::vector<aggregate_id> hospitals_;
  ledger<visit> visits_;
};

} // namespace

std::unique_ptr<scenario> make_screening_scenario(std::int64_t run) {
  return std::make_unique<screening_scenario>(run);
}

} // namespace troupe::bench
