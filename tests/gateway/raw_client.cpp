#include "tests/gateway/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace troupe::gateway {

raw_client::raw_client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{5, 0};
  (void)::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    ::close(socket_);
    socket_ = -1;
  }
}

raw_client::~raw_client() {
  if (socket_ >= 0) ::close(socket_);
}

void raw_client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool raw_client::read_more() {
  std::array<char, 4096> part{};
  const auto got = ::recv(socket_, part.data(), part.size(), 0);
  if (got <= 0) return false;
  unread_.append(part.data(), static_cast<std::size_t>(got));
  return true;
}

std::string raw_client::receive(bool head_only) {
  std::size_t end = unread_.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (!read_more()) return {};
    end = unread_.find("\r\n\r\n");
  }
  std::size_t size = end + 4;
  const std::size_t at = unread_.find("Content-Length: ");
  if (!head_only && at < end)
    size += static_cast<std::size_t>(std::strtoul(unread_.c_str() + at + 16, nullptr, 10));
  while (unread_.size() < size)
    if (!read_more()) return {};
  std::string response = unread_.substr(0, size);
  unread_.erase(0, size);
  return response;
}

bool raw_client::closed_by_peer() {
  std::array<char, 4096> part{};
  while (true) {
    const auto got = ::recv(socket_, part.data(), part.size(), 0);
    if (got == 0) return true;
    if (got < 0) return errno == ECONNRESET;
  }
}

} // namespace troupe::gateway
