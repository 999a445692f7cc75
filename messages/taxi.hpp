#pragma once

#include "messages/descriptor.hpp"
#include "messages/fields.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Published language of the taxi system: what its contexts say to each other and to the outside.
/// Field names on the wire are those of the original services.
namespace troupe::taxi {

using count = std::optional<std::int64_t>;
using words = std::optional<std::string>;

// -- call: a passenger calls a taxi -----------------------------------------------------------

/// Representation of a call.
struct call_state {
  count customer_id;
  words destination;
  words status;
  count cost;
  static constexpr auto fields() {
    return std::tuple{field{"customerId", &call_state::customer_id},
                      field{"destination", &call_state::destination},
                      field{"status", &call_state::status}, field{"cost", &call_state::cost}};
  }
  bool operator==(const call_state&) const = default;
};

/// T-C1: the fare is registered at payment before the call exists.
struct call_taxi {
  static constexpr std::string_view name = "callTaxi";
  count customer_id;
  words destination;
  count cost;
  static constexpr auto fields() {
    return std::tuple{field{"customerId", &call_taxi::customer_id},
                      field{"destination", &call_taxi::destination},
                      field{"cost", &call_taxi::cost}};
  }
  bool operator==(const call_taxi&) const = default;
};

/// Policy UpdateStatus: the driver's status of the call.
struct update_call_status {
  static constexpr std::string_view name = "updateCallStatus";
  std::string status;
  static constexpr auto fields() {
    return std::tuple{field{"status", &update_call_status::status}};
  }
  bool operator==(const update_call_status&) const = default;
};

struct called_taxi {
  static constexpr std::string_view name = "CalledTaxi";
  std::int64_t id = 0; ///< of the call
  count customer_id;
  words destination;
  std::string status;
  count cost;
  static constexpr auto fields() {
    return std::tuple{field{"id", &called_taxi::id}, field{"customerId", &called_taxi::customer_id},
                      field{"destination", &called_taxi::destination},
                      field{"status", &called_taxi::status}, field{"cost", &called_taxi::cost}};
  }
  bool operator==(const called_taxi&) const = default;
};

/// Internal to call: the status followed the driver's.
struct call_status_followed {
  static constexpr std::string_view name = "CallStatusFollowed";
  std::string status;
  static constexpr auto fields() {
    return std::tuple{field{"status", &call_status_followed::status}};
  }
  bool operator==(const call_status_followed&) const = default;
};

// -- payment: the fare held in escrow ---------------------------------------------------------

struct payment_state {
  count call_id;
  count cost;
  words destination;
  static constexpr auto fields() {
    return std::tuple{field{"callId", &payment_state::call_id}, field{"cost", &payment_state::cost},
                      field{"destination", &payment_state::destination}};
  }
  bool operator==(const payment_state&) const = default;
};

/// T-C4: the payment takes the id of its call.
struct register_fare {
  static constexpr std::string_view name = "registerFare";
  count call_id;
  count cost;
  words destination;
  static constexpr auto fields() {
    return std::tuple{field{"callId", &register_fare::call_id}, field{"cost", &register_fare::cost},
                      field{"destination", &register_fare::destination}};
  }
  bool operator==(const register_fare&) const = default;
};

/// T-C5: asks what the passenger escrowed; changes nothing.
struct settle_cost {
  static constexpr std::string_view name = "settleCost";
  static constexpr auto fields() { return std::tuple{}; }
  bool operator==(const settle_cost&) const = default;
};

/// Answer to settle_cost; a call may have come without a fare.
struct settled_cost {
  count cost;
  static constexpr auto fields() { return std::tuple{field{"cost", &settled_cost::cost}}; }
  bool operator==(const settled_cost&) const = default;
};

struct registered_destination_info {
  static constexpr std::string_view name = "RegisteredDestinationInfo";
  std::int64_t id = 0; ///< of the payment
  count call_id;
  count cost;
  words destination;
  static constexpr auto fields() {
    return std::tuple{field{"id", &registered_destination_info::id},
                      field{"callId", &registered_destination_info::call_id},
                      field{"cost", &registered_destination_info::cost},
                      field{"destination", &registered_destination_info::destination}};
  }
  bool operator==(const registered_destination_info&) const = default;
};

/// Internal to payment: the call it was registered for never came to be.
struct fare_voided {
  static constexpr std::string_view name = "FareVoided";
  static constexpr auto fields() { return std::tuple{}; }
  bool operator==(const fare_voided&) const = default;
};

// -- driver: one row per received call --------------------------------------------------------

struct driver_state {
  count call_id;
  words destination;
  words status;
  count cost;
  static constexpr auto fields() {
    return std::tuple{field{"callId", &driver_state::call_id},
                      field{"destination", &driver_state::destination},
                      field{"status", &driver_state::status}, field{"cost", &driver_state::cost}};
  }
  bool operator==(const driver_state&) const = default;
};

/// Policy ReceiveCallList: a call reaches the driver's list.
struct receive_call {
  static constexpr std::string_view name = "receiveCall";
  std::int64_t call_id = 0;
  words destination;
  count cost;
  static constexpr auto fields() {
    return std::tuple{field{"callId", &receive_call::call_id},
                      field{"destination", &receive_call::destination},
                      field{"cost", &receive_call::cost}};
  }
  bool operator==(const receive_call&) const = default;
};

/// T-C2 and T-C3: the driver accepts at pick-up ("Accepted") and completes at drop-off
/// ("Completed").
struct change_status {
  static constexpr std::string_view name = "changeStatus";
  words status;
  static constexpr auto fields() { return std::tuple{field{"status", &change_status::status}}; }
  bool operator==(const change_status&) const = default;
};

/// Internal to driver: the row of a call exists.
struct call_received {
  static constexpr std::string_view name = "CallReceived";
  std::int64_t call_id = 0;
  words destination;
  count cost;
  static constexpr auto fields() {
    return std::tuple{field{"callId", &call_received::call_id},
                      field{"destination", &call_received::destination},
                      field{"cost", &call_received::cost}};
  }
  bool operator==(const call_received&) const = default;
};

struct updated_status {
  static constexpr std::string_view name = "UpdatedStatus";
  std::int64_t id = 0; ///< of the driver row
  std::int64_t call_id = 0;
  std::string status;
  count cost; ///< once completed, the amount that payment settled
  static constexpr auto fields() {
    return std::tuple{field{"id", &updated_status::id}, field{"callId", &updated_status::call_id},
                      field{"status", &updated_status::status},
                      field{"cost", &updated_status::cost}};
  }
  bool operator==(const updated_status&) const = default;
};

// -- callList: the call board, a view ---------------------------------------------------------

struct call_list_row {
  count customer_id;
  words destination;
  words status;
  count cost;
  count settled;
  static constexpr auto fields() {
    return std::tuple{field{"customerId", &call_list_row::customer_id},
                      field{"destination", &call_list_row::destination},
                      field{"status", &call_list_row::status}, field{"cost", &call_list_row::cost},
                      field{"settled", &call_list_row::settled}};
  }
  bool operator==(const call_list_row&) const = default;
};

inline constexpr std::string_view status_called = "Called";
inline constexpr std::string_view status_accepted = "Accepted";
inline constexpr std::string_view status_completed = "Completed";
inline constexpr std::string_view invalid_transition = "INVALID_TRANSITION";

[[nodiscard]] inline context_info call_list_context() {
  context_info call_list;
  call_list.system = "taxi";
  call_list.name = "callList";
  call_list.resource = "callLists";
  call_list.entity = "callList";
  call_list.purpose = "The call board: every call with its status and what was settled.";
  call_list.kind = context_kind::view;
  call_list.rank = ranking::supporting;
  call_list.state = describe<call_list_row>("CallList");
  call_list.filters = {"customerId", "status"};
  call_list.sensitive = {"destination"};
  call_list.view = {{"taxi.call", "taxi.driver"}, "id", {"customerId", "status"}};
  return call_list;
}

[[nodiscard]] inline std::vector<context_info> contexts() {
  context_info call;
  call.system = "taxi";
  call.name = "call";
  call.resource = "calls";
  call.entity = "call";
  call.purpose = "A passenger calls a taxi with destination and fare.";
  call.state = describe<call_state>("Call");
  call.filters = {"customerId", "status"};
  call.sensitive = {"destination"};
  call.commands = {
      {.message = describe<call_taxi>(),
       .meaning = "call a taxi; the fare is registered at payment first",
       .creates = true,
       .verbs = {http_verb::post}},
      {.message = describe<update_call_status>(), .meaning = "follow the driver's status"}};
  call.events = {{describe<called_taxi>()}, {describe<call_status_followed>(), true}};
  call.asks = {{"taxi.payment", register_fare::name}};
  call.policies = {{"UpdateStatus", "taxi.driver", updated_status::name, update_call_status::name}};

  context_info driver;
  driver.system = "taxi";
  driver.name = "driver";
  driver.resource = "drivers";
  driver.entity = "driver";
  driver.purpose = "The driver's list of received calls: accept at pick-up, complete at drop-off.";
  driver.state = describe<driver_state>("Driver");
  driver.filters = {"callId", "status"};
  driver.sensitive = {"destination"};
  driver.commands = {{.message = describe<receive_call>(),
                      .meaning = "put a call on the driver's list",
                      .creates = true,
                      .id_from = "callId"},
                     {.message = describe<change_status>(),
                      .meaning = "accept or complete the call",
                      .verbs = {http_verb::patch}}};
  driver.events = {{describe<updated_status>()}, {describe<call_received>(), true}};
  driver.asks = {{.target = "taxi.payment", .command = settle_cost::name, .reads_only = true}};
  driver.policies = {{"ReceiveCallList", "taxi.call", called_taxi::name, receive_call::name}};
  driver.rejections = {{invalid_transition, "the status can only go Called, Accepted, Completed"}};

  context_info payment;
  payment.system = "taxi";
  payment.name = "payment";
  payment.resource = "payments";
  payment.entity = "payment";
  payment.purpose = "Fares held in escrow until the ride is completed.";
  payment.rank = ranking::general;
  payment.state = describe<payment_state>("Payment");
  payment.filters = {"callId"};
  payment.sensitive = {"destination"};
  payment.commands = {{.message = describe<register_fare>(),
                       .meaning = "hold a call's fare in escrow; registering again replaces it",
                       .creates = true,
                       .id_from = "callId",
                       .verbs = {http_verb::post}}};
  payment.queries = {{settle_cost::name, "the fare escrowed for a call", "callId", "cost"}};
  payment.events = {{describe<registered_destination_info>()}, {describe<fare_voided>(), true}};

  return {call, driver, payment, call_list_context()};
}

} // namespace troupe::taxi
