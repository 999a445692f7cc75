#pragma once

#include "actors/port.hpp"
#include "messages/error.hpp"
#include "messages/token_bucket.hpp"
#include "net/admin_keys.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace troupe {

struct server_options {
  std::string endpoint = "tcp://127.0.0.1:7100"; ///< port 0 or `*`: chosen free
  std::uint32_t in_flight_max = 32'768; ///< requests waiting for an answer; more: `overloaded`
  std::uint32_t connection_in_flight_max = 16'384;
  /// Of each connection, for what has an answer of its own but greetings and operators' verbs;
  /// more: `rate_limited`. Not given: no limit.
  rate_limit client_rate{};
  std::uint64_t connection_output_bytes_max = 8ULL * 1024 * 1024; ///< then the peer is cut off
  /// Not empty: the endpoint is for nodes of the same cluster. A connection shows this in its hello
  /// before anything else (`unauthorized` until then), and its requests are those of parts.
  std::string secret{};
  /// What operators' verbs connections may ask for: as much as this; with `keys` what the key in
  /// their hello stands for, and without one only `observe`. A hello may ask for less.
  role grants = role::observe;
  std::shared_ptr<const admin_keys> keys{};
  std::string admin_endpoint{}; ///< told to who asks for more than may be had here
};

/// Counters a person may ask for.
struct server_counters {
  std::uint64_t frames_in = 0, frames_out = 0, requests = 0, replies = 0, refused = 0,
                malformed = 0;
  std::uint64_t rate_limited = 0; ///< of those refused
  std::uint64_t unauthorized = 0; ///< of those refused: operators' verbs without the role
  std::uint64_t cut_off = 0;      ///< peers forgotten because they did not read their answers
  std::uint32_t in_flight = 0, connections = 0;
};

/// The ZeroMQ front of a node: one thread with a ROUTER socket. Decodes frames, hands batches of
/// requests to the handler, packs the answers of each connection into frames.
///
/// Life cycle: `start` binds and serves; `stop` refuses new requests with `shutting_down`, waits
/// for open ones up to the deadline, flushes and joins. Must be stopped after the handler has no
/// more work that names its port, i.e. stop the server, then destroy the handler, then the server.
class server {
public:
  [[nodiscard]] static result<std::unique_ptr<server>>
  start(server_options options, request_handler& handler, const clock& time);
  virtual ~server() = default;
  /// The endpoint with its real port.
  [[nodiscard]] virtual std::string endpoint() const = 0;
  [[nodiscard]] virtual server_counters counters() const = 0;
  virtual void stop(std::chrono::milliseconds deadline) = 0;
};

} // namespace troupe
