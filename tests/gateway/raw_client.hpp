#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::gateway {

/// A blocking TCP client that sends exactly the bytes it is told to.
class raw_client {
public:
  explicit raw_client(std::uint16_t port);
  ~raw_client();
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  void send(std::string_view bytes);
  /// One response (head, then a body of its Content-Length unless `head_only`); empty if the peer
  /// closed before it was complete, or after five seconds.
  [[nodiscard]] std::string receive(bool head_only = false);
  /// True if the peer closes within five seconds; drops what it still sends.
  [[nodiscard]] bool closed_by_peer();
  [[nodiscard]] bool connected() const { return socket_ >= 0; }

private:
  [[nodiscard]] bool read_more();
  int socket_ = -1;
  std::string unread_;
};

} // namespace troupe::gateway
