#pragma once

#include "net/gateway/http_application.hpp"
#include "net/gateway/http_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <string>
#include <unordered_map>

namespace troupe::gateway {

class http_connection;

/// What the connections of one event loop share. Touched on the loop's thread only, except `io`,
/// which answers are posted to; shared with open requests, so that a late answer finds a loop.
struct http_loop {
  http_loop(http_application& to, http_limits within) : app(to), limits(within) {}

  http_application& app;
  const http_limits limits;
  boost::asio::io_context io{1};
  std::unordered_map<const http_connection*, std::shared_ptr<http_connection>> connections;
  bool draining = false;
  std::string date_line; ///< "Date: ...\r\n" of the present second
  std::int64_t date_second = -1;
};

/// One HTTP connection: reads a request, hands it to the application, writes the answer, again.
///
/// Owned by its loop, which forgets it when it closes; lives on the loop's thread. Every state has
/// a deadline, which the loop's sweep enforces.
class http_connection {
public:
  [[nodiscard]] static std::shared_ptr<http_connection>
  open(boost::asio::ip::tcp::socket socket, const std::shared_ptr<http_loop>& loop);

  virtual ~http_connection() = default;
  virtual void start() = 0;
  /// Acts on a deadline that is over.
  virtual void sweep(monotonic_time now) = 0;
  /// Closes now if idle, else after the present answer.
  virtual void drain() = 0;
  /// Sends a piece of an answer that goes on; does nothing if there is none.
  virtual void stream_piece(std::shared_ptr<const std::string> piece) = 0;
  /// Closes now; the loop forgets it.
  virtual void close() = 0;
};

} // namespace troupe::gateway
