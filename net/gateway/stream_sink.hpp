#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace troupe::gateway {

/// What may wait for one reader of an answer that goes on. A reader that is slower is cut off: it
/// comes again and begins with the present state, which is worth more than old news.
inline constexpr std::size_t stream_bytes_max = 4 * 1024 * 1024;

/// The writing end of an answer that goes on until one of both sides ends it.
///
/// Thread rules: every method from any thread; none waits. Held by whoever writes; the connection
/// lives on its own and closes the sink when it ends.
class stream_sink {
public:
  virtual ~stream_sink() = default;
  /// Sends a piece, which readers may share. Does nothing once the sink is closed.
  virtual void write(std::shared_ptr<const std::string> piece) = 0;
  /// Ends the answer and with it the connection.
  virtual void close() = 0;
  /// False once nobody reads any more: the reader left, was too slow, or the server stops.
  [[nodiscard]] virtual bool open() const = 0;
};

} // namespace troupe::gateway
