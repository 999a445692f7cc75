#include "net/gateway/stream_writer.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace troupe::gateway {

void stream_writer::write(std::shared_ptr<const std::string> piece) {
  if (!open()) return;
  if (waiting_.fetch_add(piece->size()) + piece->size() > stream_bytes_max) return close();
  // What is posted does not own the loop: on an ended loop it would own itself for ever.
  boost::asio::post(loop_->io, [to = to_, piece = std::move(piece)]() mutable {
    if (const auto connection = to.lock()) connection->stream_piece(std::move(piece));
  });
}

void stream_writer::close() {
  if (!open_.exchange(false)) return;
  boost::asio::post(loop_->io, [to = to_] {
    if (const auto connection = to.lock()) connection->close();
  });
}

} // namespace troupe::gateway
