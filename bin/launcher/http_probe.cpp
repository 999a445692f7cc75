#include "bin/launcher/http_probe.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

namespace troupe::cli {
namespace {

struct free_addresses {
  void operator()(addrinfo* found) const { ::freeaddrinfo(found); }
};
using addresses = std::unique_ptr<addrinfo, free_addresses>;

/// Of an address in digits; nothing is asked of anybody.
addresses address_of(const http_place& at) {
  addrinfo how{};
  how.ai_family = AF_UNSPEC;
  how.ai_socktype = SOCK_STREAM;
  how.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const auto host = at.host == "localhost" ? std::string{"127.0.0.1"} : at.host;
  if (::getaddrinfo(host.c_str(), std::to_string(at.port).c_str(), &how, &found) != 0)
    return nullptr;
  return addresses{found};
}

bool can(int fd, short what) {
  pollfd wanted{fd, what, 0};
  return ::poll(&wanted, 1, 0) == 1;
}

} // namespace

http_probe::http_probe(const http_place& at)
    : at_(at), can_ask_(at.port != 0 && address_of(at) != nullptr),
      request_("GET /health/live HTTP/1.1\r\nHost: " + at.host + "\r\nConnection: close\r\n\r\n") {}

http_probe::~http_probe() {
  close();
}

void http_probe::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  sent_ = false;
}

void http_probe::ask(monotonic_time now) {
  close();
  asked_ = now;
  const auto to = address_of(at_);
  if (!to) return;
  fd_ = ::socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return;
  if (::connect(fd_, to->ai_addr, to->ai_addrlen) != 0 && errno != EINPROGRESS) close();
}

void http_probe::look(monotonic_time now) {
  if (!can_ask_) return;
  const bool late = fd_ >= 0 && now - *asked_ >= answer_within;
  if (late || (fd_ < 0 && (!asked_ || now - *asked_ >= interval))) ask(now);
  if (fd_ >= 0 && !sent_ && can(fd_, POLLOUT)) {
    sent_ = ::send(fd_, request_.data(), request_.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(request_.size());
    if (!sent_) return close(); // refused; so short a request fits into any buffer
  }
  if (fd_ < 0 || !sent_ || !can(fd_, POLLIN)) return;
  std::array<char, 512> said{};
  const auto got = ::recv(fd_, said.data(), said.size(), 0);
  if (got < 0 && errno == EAGAIN) return;
  answered_ = now;
  close();
}

} // namespace troupe::cli
