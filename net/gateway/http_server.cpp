#include "net/gateway/http_server.hpp"

#include "net/gateway/http_connection.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <future>
#include <thread>
#include <utility>
#include <vector>

namespace troupe::gateway {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr std::uint32_t threads_max = 64;
constexpr int backlog = 4096;
constexpr milliseconds sweep_interval_max{1000};
constexpr milliseconds sweep_interval_min{5};
constexpr milliseconds drain_interval{10};
constexpr milliseconds accept_pause{100}; ///< after running out of file descriptors

[[nodiscard]] milliseconds sweep_interval(const http_limits& limits) {
  const auto shortest = std::min({limits.header_time, limits.body_time, limits.write_time,
                                  limits.answer_time, limits.keep_alive_time});
  return std::clamp(shortest / 4, sweep_interval_min, sweep_interval_max);
}

/// `shared`: each loop has its own acceptor on the port, and the kernel deals connections out.
[[nodiscard]] error_code bind(tcp::acceptor& acceptor, const tcp::endpoint& at, bool shared) {
  error_code failed;
  (void)acceptor.open(at.protocol(), failed);
  if (!failed) (void)acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
  const int on = 1;
  if (!failed && shared &&
      ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
    failed = error_code{errno, boost::system::system_category()};
  if (!failed) (void)acceptor.bind(at, failed);
  return failed;
}

[[nodiscard]] error cannot_listen(const error_code& why) {
  return fail(errc::unreachable, "cannot listen: " + why.message());
}

/// One event loop with its acceptor and its thread.
class loop_runner {
public:
  loop_runner(http_application& app, const http_limits& limits)
      : loop_(std::make_shared<http_loop>(app, limits)), acceptor_(loop_->io), sweeper_(loop_->io),
        pause_(loop_->io), interval_(sweep_interval(limits)) {}
  loop_runner(const loop_runner&) = delete;
  loop_runner& operator=(const loop_runner&) = delete;

  /// Returns the bound port.
  [[nodiscard]] result<std::uint16_t> listen(const tcp::endpoint& at, bool shared) {
    error_code failed = bind(acceptor_, at, shared);
    if (!failed) (void)acceptor_.listen(backlog, failed);
    if (failed) return cannot_listen(failed);
    return acceptor_.local_endpoint().port();
  }

  void run() {
    accept_next();
    thread_ = std::thread{[this] {
      loop_->io.run();
      ended_.set_value(cut_ == 0);
    }};
  }

  void stop(monotonic_time until) {
    asio::post(loop_->io, [this, until] { drain(until); });
  }
  /// True if nothing had to be cut.
  [[nodiscard]] bool join() {
    thread_.join();
    return ended_.get_future().get();
  }

private:
  void accept_next() {
    acceptor_.async_accept([this](error_code failed, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (failed) {
        pause_.expires_after(accept_pause);
        return pause_.async_wait([this](error_code) {
          if (acceptor_.is_open()) accept_next();
        });
      }
      take(std::move(socket));
      accept_next();
    });
  }

  void take(tcp::socket socket) {
    // Over the bound the connection is dropped at once: a queue of waiting peers would not help
    // them.
    if (loop_->app.connections().load() >= loop_->limits.connections_max) return;
    error_code ignored;
    (void)socket.set_option(tcp::no_delay(true), ignored);
    const auto connection = http_connection::open(std::move(socket), loop_);
    loop_->connections.emplace(connection.get(), connection);
    connection->start();
    if (!sweeping_) sweep_after(interval_);
  }

  /// An idle loop has no timer, so that it does not wake up for nothing.
  void sweep_after(milliseconds pause) {
    sweeping_ = true;
    sweeper_.expires_after(pause);
    sweeper_.async_wait([this](error_code) {
      sweeping_ = false;
      sweep();
    });
  }

  void sweep() {
    const auto now = loop_->app.time().monotonic();
    const bool over = loop_->draining && now >= cut_at_;
    for (const auto& connection : open_connections()) {
      if (!over)
        connection->sweep(now);
      else
        connection->close(), ++cut_;
    }
    if (!loop_->connections.empty()) sweep_after(loop_->draining ? drain_interval : interval_);
  }

  void drain(monotonic_time until) {
    loop_->draining = true;
    cut_at_ = until;
    error_code ignored;
    (void)acceptor_.close(ignored);
    pause_.cancel();
    for (const auto& connection : open_connections())
      connection->drain();
    sweeper_.cancel(); // its handler sweeps now, and from then on at the drain's pace
  }

  [[nodiscard]] std::vector<std::shared_ptr<http_connection>> open_connections() const {
    std::vector<std::shared_ptr<http_connection>> open;
    open.reserve(loop_->connections.size());
    for (const auto& [key, connection] : loop_->connections)
      open.push_back(connection);
    return open;
  }

  std::shared_ptr<http_loop> loop_;
  tcp::acceptor acceptor_;
  asio::steady_timer sweeper_;
  asio::steady_timer pause_;
  milliseconds interval_;
  bool sweeping_ = false;
  monotonic_time cut_at_;
  std::uint32_t cut_ = 0;
  std::promise<bool> ended_;
  std::thread thread_;
};

class asio_server final : public http_server {
public:
  asio_server(http_application& app, const http_server_options& options) : app_(app) {
    for (std::uint32_t i = 0; i < options.threads; ++i)
      loops_.push_back(std::make_unique<loop_runner>(app, options.limits));
  }
  ~asio_server() override {
    if (running_) (void)stop(milliseconds{0});
  }

  [[nodiscard]] result<void> listen(tcp::endpoint at) {
    const bool shared = loops_.size() > 1;
    if (shared) {
      // A shared port could be shared with a stranger too; this fails if there is one.
      asio::io_context unused;
      tcp::acceptor probe{unused};
      if (const auto failed = bind(probe, at, false); failed) return cannot_listen(failed);
      at.port(probe.local_endpoint().port());
    }
    for (const auto& loop : loops_) {
      auto port = loop->listen(at, shared);
      if (!port) return port.error();
      at.port(*port);
    }
    port_ = at.port();
    for (const auto& loop : loops_)
      loop->run();
    running_ = true;
    return {};
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }

  bool stop(milliseconds deadline) override {
    if (!running_) return true;
    running_ = false;
    app_.start_draining();
    const auto until = app_.time().monotonic() + deadline;
    for (const auto& loop : loops_)
      loop->stop(until);
    bool clean = true;
    for (const auto& loop : loops_)
      clean = loop->join() && clean;
    return clean;
  }

private:
  http_application& app_;
  std::vector<std::unique_ptr<loop_runner>> loops_;
  std::uint16_t port_ = 0;
  bool running_ = false;
};

} // namespace

result<std::unique_ptr<http_server>> http_server::start(http_server_options options,
                                                        http_application& app) {
  error_code failed;
  const auto address = asio::ip::make_address(options.host, failed);
  if (failed) return fail(errc::malformed, "'" + options.host + "' is no numeric address");
  if (options.threads < 1 || options.threads > threads_max)
    return fail(errc::malformed, "threads must be from 1 to 64");
  auto server = std::make_unique<asio_server>(app, options);
  if (auto done = server->listen({address, options.port}); !done) return done.error();
  return std::unique_ptr<http_server>{std::move(server)};
}

result<listen_address> read_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  listen_address to;
  if (colon == std::string_view::npos || colon == 0)
    return fail(errc::malformed, "an address to listen on looks like 127.0.0.1:8080");
  std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  const std::string_view port = text.substr(colon + 1);
  const auto [stop, failed] = std::from_chars(port.data(), port.data() + port.size(), to.port);
  if (failed != std::errc{} || stop != port.data() + port.size())
    return fail(errc::malformed, "the port to listen on must be from 0 to 65535");
  to.host = host;
  return to;
}

} // namespace troupe::gateway
