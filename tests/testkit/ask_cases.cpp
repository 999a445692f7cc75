#include "tests/testkit/ask_cases.hpp"

#include "messages/edu.hpp"
#include "messages/mybnb.hpp"
#include "messages/screening.hpp"
#include "messages/siren.hpp"
#include "messages/taxi.hpp"

#include <chrono>

namespace troupe::test {
namespace {

using testkit::simulated_node;
using namespace std::chrono_literals;

constexpr auto policies_follow = 200ms;

void nothing_to_prepare(simulated_node&) {}

/// What a context gives ids to.
template <message M> [[nodiscard]] auto creating(std::string context, M command) {
  return [context = std::move(context), command](simulated_node& node, std::int64_t) {
    return simulated_node::command(context, {}, command, node.fresh_id());
  };
}

void accept_calls(simulated_node& node) {
  for (std::int64_t i = 0; i < ask_case::times; ++i)
    (void)node.say("taxi.call", {}, taxi::call_taxi{1, "junja", 500}).reply();
  node.pass(policies_follow);
  for (std::int64_t i = 1; i <= ask_case::times; ++i)
    (void)node.say("taxi.driver", {i}, taxi::change_status{"Accepted"}).reply();
}

request complete_ride(simulated_node& node, std::int64_t nth) {
  return simulated_node::command("taxi.driver", {nth + 1}, taxi::change_status{"Completed"},
                                 node.fresh_id());
}

void open_hospital(simulated_node& node) {
  (void)node
      .say("screening.hospital", {},
           screening::register_hospital{"Samsung", "20200910", ask_case::times})
      .reply();
}

void put_product_out(simulated_node& node) {
  (void)node.say("siren.product", {}, siren::register_product{"Available", 3500}).reply();
  node.pass(policies_follow);
}

} // namespace

const std::vector<ask_case>& ask_cases() {
  static const std::vector<ask_case> all{
      {"taxi", "taxi.call", "taxi.payment", "registerFare", nothing_to_prepare,
       creating("taxi.call", taxi::call_taxi{1, "junja", 500})},
      {"taxi", "taxi.driver", "taxi.payment", "settleCost", accept_calls, complete_ride},
      {"screening", "screening.screening", "screening.hospital", "takePlace", open_hospital,
       creating("screening.screening",
                screening::request_screening{1, "Samsung", "20200910", "Kim"})},
      {"siren", "siren.order", "siren.orderProduct", "checkStatus", put_product_out,
       creating("siren.order", siren::place_order{1})},
      {"siren", "siren.order", "siren.product", "checkProduct", put_product_out,
       creating("siren.order", siren::place_order{1})},
      {"mybnb", "mybnb.room", "mybnb.auth", "approve", nothing_to_prepare,
       creating("mybnb.room",
                mybnb::register_room{mybnb::room_terms{"호텔", 1000, "서울", "Superman"}})},
      {"mybnb", "mybnb.booking", "mybnb.pay", "pay", nothing_to_prepare,
       creating("mybnb.booking", mybnb::book{mybnb::stay{1, "호텔", 1000, "서울", "Superman",
                                                         "배트맨", "20201010"}})},
      {"edu", "edu.app", "edu.payment", "pay", nothing_to_prepare,
       creating("edu.app", edu::apply{edu::enrolment{"user", "MSA", 1}})},
  };
  return all;
}

} // namespace troupe::test
