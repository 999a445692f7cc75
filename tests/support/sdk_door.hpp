#pragma once

#include "messages/taxi.hpp"
#include "tests/support/http_door.hpp"
#include "troupe/client.hpp"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace troupe::test {

[[nodiscard]] inline client_options options_for(std::vector<std::string> endpoints,
                                                milliseconds deadline = patience) {
  client_options options;
  options.endpoints = std::move(endpoints);
  options.deadline = deadline;
  options.name = "test";
  return options;
}

[[nodiscard]] inline client connect_with(client_options options) {
  auto made = client::connect(std::move(options));
  if (!made) throw std::runtime_error(made.error().message);
  return std::move(*made);
}

/// A client of the node; calls of it wait up to `deadline`.
[[nodiscard]] inline client connect_to(const test_node& node, milliseconds deadline = patience) {
  return connect_with(options_for({node.endpoint()}, deadline));
}

/// What an operator verb answers; null if it failed.
[[nodiscard]] inline value admin(client& of, std::string_view verb, value arguments = {}) {
  auto said = of.admin(verb, std::move(arguments)).get();
  return said ? std::move(*said) : value{};
}

[[nodiscard]] inline value of_context(std::string_view name) {
  return value::object{{"context", name}};
}

/// State of a context as the node's status tells it.
[[nodiscard]] inline std::string context_state(client& of, std::string_view name) {
  const auto status = admin(of, "status");
  const auto contexts = part(status, "contexts");
  if (const auto* items = contexts.get_if<value::array>())
    for (const auto& each : *items)
      if (text(each, "name") == name) return text(each, "state");
  return {};
}

/// Waits until the node serves every context of the taxi system.
[[nodiscard]] inline bool all_up(client& of) {
  return eventually([&] { return text(admin(of, "status"), "state") == "up"; });
}

/// Stops or starts a context, and waits until it is so.
[[nodiscard]] inline bool stop_context(client& of, const std::string& name) {
  return !admin(of, "context-stop", of_context(name)).is_null() &&
         eventually([&] { return context_state(of, name) == "stopped"; });
}
[[nodiscard]] inline bool start_context(client& of, const std::string& name) {
  return !admin(of, "context-start", of_context(name)).is_null() &&
         eventually([&] { return context_state(of, name) == "up"; });
}

} // namespace troupe::test
