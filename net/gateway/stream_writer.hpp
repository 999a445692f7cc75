#pragma once

#include "net/gateway/http_connection.hpp"
#include "net/gateway/stream_sink.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

namespace troupe::gateway {

/// What others hold of a connection whose answer goes on. Bytes are counted from `write` until the
/// socket took them, so neither a slow reader nor a slow loop gathers more than `stream_bytes_max`.
///
/// Owned by the connection and whoever writes; keeps the loop, not the connection.
class stream_writer final : public stream_sink {
public:
  stream_writer(std::shared_ptr<http_loop> loop, std::weak_ptr<http_connection> to)
      : loop_(std::move(loop)), to_(std::move(to)) {}

  void write(std::shared_ptr<const std::string> piece) override;
  void close() override;
  [[nodiscard]] bool open() const override { return open_.load(); }

  /// For the connection: bytes of its own that wait, bytes that the socket took, its end.
  void waits(std::size_t bytes) { waiting_.fetch_add(bytes); }
  void written(std::size_t bytes) { waiting_.fetch_sub(bytes); }
  void ended() { open_ = false; }

private:
  const std::shared_ptr<http_loop> loop_;
  const std::weak_ptr<http_connection> to_;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<bool> open_{true};
};

} // namespace troupe::gateway
