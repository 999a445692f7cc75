#pragma once

#include "actors/port.hpp"
#include "messages/codec.hpp"
#include "net/connection_table.hpp"
#include "net/server.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace troupe {

/// Turns frames into requests for the handler, or refuses them: limits, malformed bytes, shutdown.
/// Keeps count of what is in flight. State without I/O; belongs to the server's thread.
///
/// The connection part of an origin is `number * 2`, plus one for a subscription, so that the end
/// of a subscription is told from the answer to a call even when its connection is forgotten.
class intake {
public:
  static constexpr std::size_t connection_subscriptions_max = 1024;
  static constexpr std::int32_t overloaded_retry_after_ms = 20;

  intake(const server_options& options, answer_port& port) : options_(options), port_(port) {}

  /// Appends the frame's requests to `batch`, refusals to the connection's output.
  void accept(std::string_view frame, connection& from, monotonic_time now,
              std::vector<inbound>& batch);
  /// Says `overloaded` to the first request of a frame that is not taken at all.
  void refuse_frame(std::string_view frame, connection& from);
  /// Accounts for an answer and puts it into its connection's output. Null if nobody is there.
  connection* give_back(answer& done, connection_table& peers);
  /// Ends the subscriptions of a connection that is being forgotten, at the handler.
  void abandon(const connection& gone, monotonic_time now, std::vector<inbound>& batch) const;

  void refuse_new() { closing_ = true; }
  [[nodiscard]] std::uint32_t in_flight() const { return in_flight_; }
  [[nodiscard]] std::uint64_t requests() const { return requests_; }
  [[nodiscard]] std::uint64_t replies() const { return replies_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] std::uint64_t malformed() const { return malformed_; }
  [[nodiscard]] std::uint64_t rate_limited() const { return rate_limited_; }
  [[nodiscard]] std::uint64_t unauthorized() const { return unauthorized_; }
  void note_malformed() { ++malformed_; }

  /// What to call the other end of a connection, by what the transport knows of it: "uid 1000 pid
  /// 4711" at a socket file, else its address.
  [[nodiscard]] std::string name_of_peer(const std::string& address) const;

private:
  /// False if the connection may not send this, and was told so.
  [[nodiscard]] bool trusts(const request& content, connection& from);
  /// Finds out what role the connection has; a hello may change it.
  void meet(const request* hello, connection& from) const;
  /// False if the connection may not ask for this verb, and was told so.
  [[nodiscard]] bool may_ask(const request& content, connection& from);
  /// False if the request was answered here.
  [[nodiscard]] bool admit(const request& content, connection& from, monotonic_time now);
  [[nodiscard]] bool within_rate(const request& content, connection& from, monotonic_time now);
  [[nodiscard]] bool admit_subscription(const request& content, connection& from);
  void refuse(connection& from, std::uint64_t id, error why);

  const server_options& options_;
  answer_port& port_;
  document scratch_;
  bool closing_ = false;
  std::uint32_t in_flight_ = 0;
  std::uint64_t requests_ = 0, replies_ = 0, refused_ = 0, malformed_ = 0;
  std::uint64_t rate_limited_ = 0, unauthorized_ = 0;
};

} // namespace troupe
