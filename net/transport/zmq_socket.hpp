#pragma once

#include "messages/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

/// Owner of ZeroMQ's background thread; one per server or client. Outlives its sockets.
class zmq_context {
public:
  zmq_context();
  ~zmq_context(); ///< waits for the linger time of its sockets at most
  zmq_context(const zmq_context&) = delete;
  zmq_context& operator=(const zmq_context&) = delete;
  [[nodiscard]] void* handle() const { return handle_; }

private:
  void* handle_;
};

/// One received part; its bytes live until the next receive into it.
class zmq_part {
public:
  zmq_part();
  ~zmq_part();
  zmq_part(const zmq_part&) = delete;
  zmq_part& operator=(const zmq_part&) = delete;
  [[nodiscard]] std::string_view bytes() const;
  [[nodiscard]] bool more() const; ///< further parts of the same message follow
  /// Who sent it, as the transport knows it: an address; of a socket file something that ends with
  /// ":uid:gid:pid". Empty: it knows nothing.
  [[nodiscard]] std::string peer() const;
  [[nodiscard]] void* handle() { return storage_; }

private:
  alignas(std::max_align_t) std::byte storage_[64];
};

enum class socket_kind : std::uint8_t { router, dealer, pair };
enum class socket_option : std::uint8_t {
  linger_ms,
  message_bytes_max,
  handshake_ms,
  heartbeat_ms,
  heartbeat_timeout_ms,
  backlog,
  send_frames_max,
  receive_frames_max,
  router_mandatory,
  router_handover,
  immediate,
  reconnect_ms,
  connect_timeout_ms
};
enum class send_status : std::uint8_t { sent, would_block, gone };

/// What happened to the transport connection below a socket.
enum class link_event : std::uint8_t { none, handshaken, lost };

/// A ZeroMQ socket. Belongs to one thread; wrong use throws, network trouble is a value.
class zmq_socket {
public:
  zmq_socket(zmq_context& context, socket_kind kind);
  ~zmq_socket();
  zmq_socket(const zmq_socket&) = delete;
  zmq_socket& operator=(const zmq_socket&) = delete;

  void set(socket_option option, int value);
  [[nodiscard]] result<void> bind(const std::string& endpoint);
  [[nodiscard]] result<void> connect(const std::string& endpoint);
  [[nodiscard]] std::string last_endpoint() const;

  /// Readable when something may have happened; then ask `readable`, because it is edge-triggered.
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool readable() const;
  /// False when nothing is there.
  [[nodiscard]] bool receive(zmq_part& to);
  [[nodiscard]] send_status send(std::string_view bytes, bool more = false);

  /// Publishes the events of this socket's connections at an inproc address for `next_event`.
  [[nodiscard]] result<void> watch(const std::string& inproc_endpoint);
  /// Ends `watch`. Before the pair socket that reads the events is closed: a connection's event
  /// that nobody can take any more blocks the context's I/O thread, and with it all its sockets.
  void unwatch();
  /// Of a pair socket connected to a watched socket's address: the next event, if there is one.
  [[nodiscard]] std::optional<link_event> next_event();

private:
  void* handle_;
  int fd_ = -1;
};

} // namespace troupe
