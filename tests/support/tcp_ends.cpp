#include "tests/support/tcp_ends.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace troupe::test {
namespace {

sockaddr_in socket_address(const std::string& address, std::uint16_t port) {
  sockaddr_in made{};
  made.sin_family = AF_INET;
  made.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &made.sin_addr) != 1)
    throw std::system_error(EINVAL, std::generic_category(), address);
  return made;
}

tcp_end new_socket() {
  tcp_end made{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!made.given()) throw std::system_error(errno, std::generic_category(), "socket");
  return made;
}

bool ready(const tcp_end& socket, short events, milliseconds within) {
  pollfd watched{socket.fd(), events, 0};
  return ::poll(&watched, 1, static_cast<int>(within.count())) == 1;
}

} // namespace

tcp_end::~tcp_end() {
  if (fd_ >= 0) ::close(fd_);
}

tcp_end listen_on(const std::string& address, std::uint16_t port) {
  tcp_end made = new_socket();
  const sockaddr_in at = socket_address(address, port);
  const int reuse = 1;
  if (::setsockopt(made.fd(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse) != 0 ||
      ::bind(made.fd(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 ||
      ::listen(made.fd(), 64) != 0)
    throw std::system_error(errno, std::generic_category(), "listen on " + address);
  return made;
}

std::uint16_t port_of(const tcp_end& socket) {
  sockaddr_in at{};
  socklen_t size = sizeof at;
  if (::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&at), &size) != 0)
    throw std::system_error(errno, std::generic_category(), "getsockname");
  return ntohs(at.sin_port);
}

tcp_end start_connecting(const std::string& address, std::uint16_t port) {
  tcp_end made = new_socket();
  const sockaddr_in at = socket_address(address, port);
  const int done = ::connect(made.fd(), reinterpret_cast<const sockaddr*>(&at), sizeof at);
  if (done == 0 || errno == EINPROGRESS) return made;
  return {};
}

tcp_end connect_to(const std::string& address, std::uint16_t port, milliseconds within) {
  tcp_end made = start_connecting(address, port);
  if (!made.given() || !ready(made, POLLOUT, within)) return {};
  int why = 0;
  socklen_t size = sizeof why;
  if (::getsockopt(made.fd(), SOL_SOCKET, SO_ERROR, &why, &size) != 0 || why != 0) return {};
  return made;
}

tcp_end accept_on(const tcp_end& listener, milliseconds within) {
  if (!ready(listener, POLLIN, within)) return {};
  return tcp_end{::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
}

bool send_text(const tcp_end& to, const std::string& text) {
  return ::send(to.fd(), text.data(), text.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(text.size());
}

std::string read_text(const tcp_end& from, std::size_t bytes, milliseconds within) {
  const auto until = std::chrono::steady_clock::now() + within;
  std::string text;
  while (text.size() < bytes) {
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    if (!ready(from, POLLIN, std::max(left, milliseconds{0}))) break;
    std::array<char, 65'536> part{};
    const ssize_t got =
        ::recv(from.fd(), part.data(), std::min(part.size(), bytes - text.size()), 0);
    if (got <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return text;
}

tcp_end_state state_of(const tcp_end& of, milliseconds within) {
  if (!ready(of, POLLIN, within)) return tcp_end_state::open;
  char next = 0;
  const ssize_t got = ::recv(of.fd(), &next, 1, MSG_PEEK);
  if (got > 0) return tcp_end_state::open;
  return got == 0 ? tcp_end_state::closed : tcp_end_state::reset;
}

} // namespace troupe::test
