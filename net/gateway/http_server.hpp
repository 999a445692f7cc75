#pragma once

#include "messages/error.hpp"
#include "net/gateway/http_application.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace troupe::gateway {

/// Bounds on one connection and on all of them.
struct http_limits {
  std::size_t header_bytes_max = 8 * 1024;
  std::size_t body_bytes_max = 256 * 1024;
  std::chrono::milliseconds header_time{5'000};      ///< from its first byte
  std::chrono::milliseconds body_time{10'000};       ///< from the end of the header
  std::chrono::milliseconds write_time{30'000};      ///< per answer
  std::chrono::milliseconds answer_time{65'000};     ///< backstop behind the longest deadline
  std::chrono::milliseconds keep_alive_time{60'000}; ///< between requests
  std::uint32_t requests_per_connection_max = 10'000;
  std::uint32_t connections_max = 10'000;
};

struct http_server_options {
  std::string host = "127.0.0.1"; ///< numeric address, IPv4 or IPv6
  std::uint16_t port = 8080;      ///< 0: chosen free
  std::uint32_t threads = 1;      ///< 1 to 64; each has its own acceptor and its own connections
  http_limits limits;
};

/// HTTP/1.1 in front of the application. One thread per event loop; a connection stays on its loop,
/// so loops share nothing but the application and a few counters.
///
/// Life cycle: `start` binds and serves; `stop` closes the acceptors and idle connections, lets
/// open requests end up to the deadline, then cuts the rest and joins. The application and
/// everything that may still answer must outlive it, or have answered.
class http_server {
public:
  /// Fails with `malformed` (options) or `unreachable` (the address cannot be bound).
  [[nodiscard]] static result<std::unique_ptr<http_server>> start(http_server_options options,
                                                                  http_application& app);
  virtual ~http_server() = default; ///< stops at once if `stop` was not called
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  /// True if every open request was answered in time.
  virtual bool stop(std::chrono::milliseconds deadline) = 0;
};

/// Where to listen.
struct listen_address {
  std::string host;
  std::uint16_t port = 0;
};
/// Reads `127.0.0.1:8080` or `[::1]:8080`; `malformed` otherwise.
[[nodiscard]] result<listen_address> read_listen_address(std::string_view text);

} // namespace troupe::gateway
