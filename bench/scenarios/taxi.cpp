#include "messages/taxi.hpp"

#include "bench/scenarios.hpp"

namespace troupe::bench {

namespace {

using namespace taxi;

constexpr std::string_view destination = "12 Harbour Street";

struct ride {
  aggregate_id id; ///< of the call, its payment, its driver row and its row on the board
  std::int64_t cost = 0;
};

class taxi_scenario final : public scenario {
public:
  explicit taxi_scenario(std::int64_t run) : customer_(run) {}

  [[nodiscard]] result<void> prepare(client&, std::uint32_t) override { return {}; }

  [[nodiscard]] story tell(user& by) override {
    const auto cost = static_cast<std::int64_t>(500 + by.random.next() % 1000);
    const call_taxi call{customer_, words{destination}, cost};
    const change_status accept{words{status_accepted}};
    const change_status complete{words{status_completed}};
    const aggregate_id id = (co_await by.sends("call", "taxi.call", {}, call)).target;
    co_await by.sees<driver_state>(
        "driver has the call", "taxi.driver", id,
        [](const driver_state& row) { return row.status == status_called; });
    co_await by.sends("accept", "taxi.driver", id, accept);
    co_await by.sends("complete", "taxi.driver", id, complete);
    co_await by.sees<call_list_row>(
        "board shows it settled", "taxi.callList", id,
        [](const call_list_row& row) { return row.settled.has_value(); });
    rides_.add({id, cost});
  }

  void check(audit& into) override {
    const auto& rides = rides_.entries();
    const auto id_of = [](const ride& each) { return each.id; };
    std::int64_t owed = 0;
    std::int64_t settled = 0;
    into.rows<call_list_row>(
        "a completed ride is on the board with its fare settled", "taxi.callList", rides, id_of,
        [&](const ride& each, const std::optional<call_list_row>& row) {
          owed += each.cost;
          settled += row ? row->settled.value_or(0) : 0;
          return row == call_list_row{customer_, words{destination}, words{status_completed},
                                      each.cost, each.cost};
        });
    into.note("what was settled is the sum of the fares of all completed rides", owed == settled,
              std::to_string(settled) + " were settled of " + std::to_string(owed));
    into.rows<payment_state>("the fare of a completed ride is held at payment", "taxi.payment",
                             rides, id_of,
                             [](const ride& each, const std::optional<payment_state>& row) {
                               return row && row->cost == each.cost;
                             });
    into.count("every call has one effect", "taxi.call", {{"customerId", customer_}}, rides.size());
    into.count("the board shows every call once", "taxi.callList",
               {{"customerId", customer_}, {"status", status_completed}}, rides.size());
  }

private:
  std::int64_t customer_;
  ledger<ride> rides_;
};

} // namespace

std::unique_ptr<scenario> make_taxi_scenario(std::int64_t run) {
  return std::make_unique<taxi_scenario>(run);
}

} // namespace troupe::bench
