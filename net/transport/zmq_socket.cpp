#include "net/transport/zmq_socket.hpp"

#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace troupe {

namespace {

static_assert(sizeof(zmq_msg_t) == 64);

zmq_msg_t* as_message(void* storage) {
  return static_cast<zmq_msg_t*>(storage);
}

[[noreturn]] void fault(const char* where) {
  throw std::runtime_error(std::string{where} + ": " + zmq_strerror(errno));
}

int native(socket_kind kind) {
  switch (kind) {
  case socket_kind::router:
    return ZMQ_ROUTER;
  case socket_kind::dealer:
    return ZMQ_DEALER;
  case socket_kind::pair:
    return ZMQ_PAIR;
  }
  return ZMQ_PAIR;
}

int native(socket_option option) {
  switch (option) {
  case socket_option::linger_ms:
    return ZMQ_LINGER;
  case socket_option::message_bytes_max:
    return ZMQ_MAXMSGSIZE;
  case socket_option::handshake_ms:
    return ZMQ_HANDSHAKE_IVL;
  case socket_option::heartbeat_ms:
    return ZMQ_HEARTBEAT_IVL;
  case socket_option::heartbeat_timeout_ms:
    return ZMQ_HEARTBEAT_TIMEOUT;
  case socket_option::backlog:
    return ZMQ_BACKLOG;
  case socket_option::send_frames_max:
    return ZMQ_SNDHWM;
  case socket_option::receive_frames_max:
    return ZMQ_RCVHWM;
  case socket_option::router_mandatory:
    return ZMQ_ROUTER_MANDATORY;
  case socket_option::router_handover:
    return ZMQ_ROUTER_HANDOVER;
  case socket_option::immediate:
    return ZMQ_IMMEDIATE;
  case socket_option::reconnect_ms:
    return ZMQ_RECONNECT_IVL;
  case socket_option::connect_timeout_ms:
    return ZMQ_CONNECT_TIMEOUT;
  }
  return ZMQ_LINGER;
}

error refused(const char* verb, const std::string& endpoint) {
  return fail(errno == EINVAL ? errc::malformed : errc::unreachable,
              std::string{"cannot "} + verb + " " + endpoint + ": " + zmq_strerror(errno));
}

} // namespace

zmq_context::zmq_context() : handle_(zmq_ctx_new()) {
  if (handle_ == nullptr) fault("zmq_ctx_new");
}

zmq_context::~zmq_context() {
  while (zmq_ctx_term(handle_) != 0 && errno == EINTR) {
  }
}

zmq_part::zmq_part() {
  zmq_msg_init(as_message(storage_));
}
zmq_part::~zmq_part() {
  zmq_msg_close(as_message(storage_));
}

std::string_view zmq_part::bytes() const {
  auto* message = as_message(const_cast<std::byte*>(storage_));
  return {static_cast<const char*>(zmq_msg_data(message)), zmq_msg_size(message)};
}

bool zmq_part::more() const {
  return zmq_msg_more(as_message(const_cast<std::byte*>(storage_))) != 0;
}

std::string zmq_part::peer() const {
  auto* message = as_message(const_cast<std::byte*>(storage_));
  const char* address = zmq_msg_gets(message, "Peer-Address");
  return address != nullptr ? address : "";
}

zmq_socket::zmq_socket(zmq_context& context, socket_kind kind)
    : handle_(::zmq_socket(context.handle(), native(kind))) {
  if (handle_ == nullptr) fault("zmq_socket");
  std::size_t size = sizeof fd_;
  if (zmq_getsockopt(handle_, ZMQ_FD, &fd_, &size) != 0) fault("ZMQ_FD");
}

zmq_socket::~zmq_socket() {
  zmq_close(handle_);
}

void zmq_socket::set(socket_option option, int value) {
  const std::int64_t wide = value;
  const int rc = option == socket_option::message_bytes_max
                     ? zmq_setsockopt(handle_, native(option), &wide, sizeof wide)
                     : zmq_setsockopt(handle_, native(option), &value, sizeof value);
  if (rc != 0) fault("zmq_setsockopt");
}

result<void> zmq_socket::bind(const std::string& endpoint) {
  if (zmq_bind(handle_, endpoint.c_str()) != 0) return refused("bind", endpoint);
  return {};
}

result<void> zmq_socket::connect(const std::string& endpoint) {
  if (zmq_connect(handle_, endpoint.c_str()) != 0) return refused("connect to", endpoint);
  return {};
}

std::string zmq_socket::last_endpoint() const {
  std::array<char, 1024> text{};
  std::size_t size = text.size();
  if (zmq_getsockopt(handle_, ZMQ_LAST_ENDPOINT, text.data(), &size) != 0)
    fault("ZMQ_LAST_ENDPOINT");
  return text.data();
}

bool zmq_socket::readable() const {
  int events = 0;
  std::size_t size = sizeof events;
  if (zmq_getsockopt(handle_, ZMQ_EVENTS, &events, &size) != 0) return false;
  return (events & ZMQ_POLLIN) != 0;
}

bool zmq_socket::receive(zmq_part& to) {
  while (zmq_msg_recv(as_message(to.handle()), handle_, ZMQ_DONTWAIT) < 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

send_status zmq_socket::send(std::string_view bytes, bool more) {
  const int flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0);
  while (zmq_send(handle_, bytes.data(), bytes.size(), flags) < 0) {
    if (errno == EAGAIN) return send_status::would_block;
    if (errno != EINTR) return send_status::gone;
  }
  return send_status::sent;
}

result<void> zmq_socket::watch(const std::string& inproc_endpoint) {
  constexpr int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED |
                         ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                         ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
  if (zmq_socket_monitor(handle_, inproc_endpoint.c_str(), events) != 0)
    return refused("watch", inproc_endpoint);
  return {};
}

void zmq_socket::unwatch() {
  (void)zmq_socket_monitor(handle_, nullptr, 0);
}

std::optional<link_event> zmq_socket::next_event() {
  zmq_part part;
  if (!receive(part)) return std::nullopt;
  std::uint16_t event = 0;
  if (part.bytes().size() >= sizeof event) std::memcpy(&event, part.bytes().data(), sizeof event);
  while (part.more() && receive(part)) {
  }
  if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) return link_event::handshaken;
  return event == ZMQ_EVENT_MONITOR_STOPPED ? link_event::none : link_event::lost;
}

} // namespace troupe
