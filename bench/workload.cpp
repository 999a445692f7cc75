#include "bench/workload.hpp"

#include "messages/envelope.hpp"
#include "messages/taxi.hpp"

#include <array>

namespace troupe::bench {

namespace {

/// Long enough that one request has about 150 bytes with its envelope.
constexpr std::string_view destination = "12 Harbour Street, left at the lighthouse, blue door";

[[nodiscard]] std::string fare(aggregate_id target) {
  taxi::register_fare command;
  command.call_id = target.number;
  command.cost = 1500 + target.number % 1000;
  command.destination = std::string{destination};
  return encoded(command);
}

[[nodiscard]] std::string nothing(aggregate_id) {
  return {};
}

constexpr std::array<workload, 2> known{{
    {"register-fare", "registers a fare at taxi.payment: one durable turn", "taxi.payment",
     taxi::register_fare::name, fare},
    {"read-fare", "reads the fare of a call at taxi.payment: no turn", "taxi.payment", {}, nothing},
}};

} // namespace

std::size_t workload::request_bytes() const {
  request sample;
  sample.kind = reads() ? request_kind::get : request_kind::command;
  sample.id = 1'000'000;
  sample.context = context;
  sample.target = {5000};
  sample.name = command;
  if (!reads()) sample.command = {1, 1};
  sample.payload = payload(sample.target);
  std::string frame;
  append_request(frame, sample);
  return frame.size();
}

std::span<const workload> workloads() {
  return known;
}

result<const workload*> workload_named(std::string_view name) {
  std::string names;
  for (const workload& each : known) {
    if (each.name == name) return &each;
    names += (names.empty() ? "" : ", ") + std::string{each.name};
  }
  return fail(errc::malformed, "no workload '" + std::string{name} + "'; known are " + names);
}

} // namespace troupe::bench
