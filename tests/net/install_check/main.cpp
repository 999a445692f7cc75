#include <messages/taxi.hpp>
#include <troupe/client.hpp>

#include <chrono>

int main() {
  auto node = troupe::client::connect({.endpoints = {"tcp://127.0.0.1:1"}});
  if (!node.ok()) return 1;
  const troupe::taxi::call_taxi command{.customer_id = 1, .destination = "Central", .cost = 900};
  const auto done =
      node->send_sync("taxi.call", {}, command, {.deadline = std::chrono::milliseconds{20}});
  return !done.ok() && done.error().code == troupe::errc::unreachable ? 0 : 2;
}
