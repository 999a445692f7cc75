#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace troupe::test {

using std::chrono::milliseconds;

/// A TCP socket that a test holds: a listener or an end of a connection. Closed at the end.
class tcp_end {
public:
  tcp_end() = default;
  explicit tcp_end(int fd) : fd_(fd) {}
  tcp_end(tcp_end&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  tcp_end& operator=(tcp_end&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  tcp_end(const tcp_end&) = delete;
  tcp_end& operator=(const tcp_end&) = delete;
  ~tcp_end();

  [[nodiscard]] bool given() const { return fd_ >= 0; }
  [[nodiscard]] int fd() const { return fd_; }

private:
  int fd_ = -1;
};

/// Port 0: one that is free. Throws std::system_error.
[[nodiscard]] tcp_end listen_on(const std::string& address, std::uint16_t port);
[[nodiscard]] std::uint16_t port_of(const tcp_end& socket);
/// Not given if it was refused or did not come about in time.
[[nodiscard]] tcp_end connect_to(const std::string& address, std::uint16_t port,
                                 milliseconds within);
/// Without waiting: until it is connected nothing can be sent or read. Not given: refused at once.
[[nodiscard]] tcp_end start_connecting(const std::string& address, std::uint16_t port);
[[nodiscard]] tcp_end accept_on(const tcp_end& listener, milliseconds within);

[[nodiscard]] bool send_text(const tcp_end& to, const std::string& text);
/// What arrived until there were `bytes` of it, the other side ended or the time was over.
[[nodiscard]] std::string read_text(const tcp_end& from, std::size_t bytes, milliseconds within);
/// How the other side ended.
enum class tcp_end_state : std::uint8_t { open, closed, reset };
[[nodiscard]] tcp_end_state state_of(const tcp_end& of, milliseconds within);

} // namespace troupe::test
