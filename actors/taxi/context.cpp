#include "actors/taxi/context.hpp"

#include "actors/aggregate_type.hpp"
#include "actors/taxi/call.hpp"
#include "actors/taxi/call_list.hpp"
#include "actors/taxi/driver.hpp"
#include "actors/taxi/payment.hpp"

namespace troupe::taxi {

std::vector<context_behaviour> behaviours() {
  return {
      {.info = find_context("taxi.call"),
       .make_aggregate = make_instance<call>,
       .policies = {policy("UpdateStatus", "taxi.driver", follow_driver)}},
      {.info = find_context("taxi.driver"),
       .make_aggregate = make_instance<driver>,
       .policies = {policy("ReceiveCallList", "taxi.call", receive_call_list)}},
      {.info = find_context("taxi.payment"), .make_aggregate = make_instance<payment>},
      {.info = find_context("taxi.callList"),
       .folds = {folds("taxi.call", board_call), folds("taxi.driver", board_status)}},
  };
}

} // namespace troupe::taxi
