#pragma once

#include "messages/error.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe {

/// Longest body the client takes; a longer answer is `too_large`.
inline constexpr std::size_t http_body_bytes_max = 4 * 1024 * 1024;

using http_headers = std::vector<std::pair<std::string, std::string>>;

struct http_request {
  std::string method = "GET"; ///< GET, POST, PUT, PATCH or DELETE
  std::string target = "/";   ///< path and query, e.g. "/taxi/calls?page=1"
  std::string body;           ///< sent as application/json if not empty
  http_headers headers = {};  ///< beside those the client sets itself
};

struct http_answer {
  std::uint16_t status = 0;
  std::string content_type;
  std::string body;
  http_headers headers = {}; ///< names as they came
};

/// A place in the network, written HOST:PORT, e.g. "127.0.0.1:8080" or "[::1]:8080".
struct http_place {
  std::string host;
  std::uint16_t port = 0;
};
[[nodiscard]] result<http_place> parse_http_place(std::string_view text);

/// One request on a connection of its own; blocks until the answer or the deadline. Thread-safe.
/// Errors: `malformed` (request), `unreachable` (nothing was sent), `timeout` (no whole answer in
/// time or the connection broke after sending), `too_large`.
[[nodiscard]] result<http_answer> http_exchange(const http_place& at, const http_request& wanted,
                                                std::chrono::milliseconds deadline);

/// Whether nothing listens at the place yet, so that a server can be started there. A port 0 is
/// always free. `malformed` if the host is no address of this machine.
[[nodiscard]] result<bool> is_free(const http_place& at);

} // namespace troupe
