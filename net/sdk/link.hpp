#pragma once

#include "messages/envelope.hpp"
#include "messages/hello.hpp"
#include "net/retry_policy.hpp"
#include "net/transport/zmq_socket.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// What the links of one client have in common; outlives them.
struct link_setting {
  std::string hello_payload;
  random_source& random;
  zmq_context context{};
  std::uint64_t sockets_made = 0;
  /// Asked before a connection that was lost, or did not come about, is made again with a new
  /// socket. A time: not yet, and when to ask again. Empty: it is never refused.
  std::function<std::optional<std::chrono::milliseconds>(const std::string& endpoint)> may_reopen{};
  /// What came of it.
  std::function<void(const std::string& endpoint, bool up)> reopened{};
};

/// The client's connection to one node at a time: tries the endpoints in turn, greets, notices
/// death and starts over with a fresh socket. ZeroMQ's own reconnecting is off, because it hides
/// failure and would keep frames of a dead connection. Belongs to the I/O thread.
class link {
public:
  enum class change : std::uint8_t { none, up, down };
  enum class stage : std::uint8_t { waiting, connecting, greeting, up };

  link(std::vector<std::string> endpoints, link_setting& setting);
  ~link();

  /// Does what time and the transport's events ask for. `down` is reported once per loss of `up`.
  /// `drain` is called before a socket whose connection is lost is closed: what arrived before the
  /// loss still counts.
  [[nodiscard]] change advance(monotonic_time now, const std::function<void()>& drain);
  [[nodiscard]] monotonic_time next_time() const { return due_; }
  /// Somebody waits for this link: the next attempt comes soon, whatever the backoff was.
  void hurry(monotonic_time now);
  /// An answer with `hello_mark` in its id arrived.
  [[nodiscard]] change take_hello(const reply& from, monotonic_time now);
  /// Asks for a hello besides those that the link needs itself. Only while up.
  void ask() { greet(); }
  /// The other side does not know this connection any more: starts over. Returns as `advance`.
  [[nodiscard]] change start_over(monotonic_time now) { return lose(now); }
  /// Anything arrived, so the node lives.
  void note_heard(monotonic_time now);

  [[nodiscard]] stage where() const { return stage_; }
  /// Not null from connecting on.
  [[nodiscard]] zmq_socket* socket() const { return socket_.get(); }
  [[nodiscard]] zmq_socket* events() const { return events_.get(); }
  [[nodiscard]] bool version_mismatch() const { return version_mismatch_; }
  /// Of the last hello.
  [[nodiscard]] const hello_reply& node() const { return node_; }
  /// The one that is used, or tried next.
  [[nodiscard]] const std::string& endpoint() const { return endpoints_[endpoint_]; }

  /// Marks ids on the wire that belong to hellos.
  static constexpr std::uint64_t hello_mark = 1ULL << 63U;

private:
  void connect(monotonic_time now);
  [[nodiscard]] bool must_wait(monotonic_time now);
  void close();
  [[nodiscard]] change lose(monotonic_time now);
  [[nodiscard]] bool transport_lost(monotonic_time now);
  void greet();

  const std::vector<std::string> endpoints_;
  link_setting& setting_;
  std::unique_ptr<zmq_socket> socket_, events_;
  stage stage_ = stage::waiting;
  monotonic_time due_{};
  monotonic_time heard_{};
  monotonic_time lost_at_{}; ///< of the last attempt or connection
  bool probing_ = false;     ///< a hello is on its way to see whether a silent node lives
  bool version_mismatch_ = false;
  std::uint64_t hellos_ = 0;
  std::uint32_t failures_ = 0; ///< in a row
  std::size_t endpoint_ = 0;
  hello_reply node_;
};

} // namespace troupe
