#pragma once

#include "messages/value.hpp"
#include "net/http_client.hpp"
#include "tests/support/processes.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::test {

/// A part of a JSON value by its path, e.g. "_embedded/drivers/0/status"; null if it is not there.
[[nodiscard]] value part(const value& of, std::string_view path);
[[nodiscard]] std::int64_t number(const value& of, std::string_view path); ///< -1: no number
[[nodiscard]] std::string text(const value& of, std::string_view path);    ///< empty: no text

/// An answer of the gateway; status 0: there was none.
struct http_said {
  std::uint16_t status = 0;
  value body;
  http_headers headers;
  [[nodiscard]] std::string header(std::string_view name) const; ///< any case; empty: not there
  [[nodiscard]] std::string code() const { return text(body, "code"); }
};

/// A gateway of its own in front of a node.
class test_gateway {
public:
  explicit test_gateway(const std::string& node_endpoint, std::vector<std::string> flags = {});

  [[nodiscard]] http_said ask(std::string method, std::string target, std::string body = {},
                              http_headers headers = {}) const;
  [[nodiscard]] http_said get(std::string target) const { return ask("GET", std::move(target)); }
  /// Whether a GET answers 200 with this at that path, sooner or later.
  [[nodiscard]] bool shows(const std::string& target, std::string_view path,
                           const value& wanted) const;
  [[nodiscard]] std::int64_t total(const std::string& list) const; ///< -1: no list
  [[nodiscard]] const http_place& place() const { return place_; }
  [[nodiscard]] std::string printed() const; ///< its newest lines on either stream

private:
  http_place place_;
  std::unique_ptr<cli::child_process> process_;
};

} // namespace troupe::test
