#pragma once

#include "actors/port.hpp"
#include "messages/token_bucket.hpp"
#include "net/transport/frame_packer.hpp"
#include "seams/clock.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace troupe {

/// What the server knows of one peer. Its number is never used again, so an answer that comes late
/// cannot reach a later peer.
struct connection {
  std::uint64_t number = 0;
  std::string routing_id;
  frame_packer output;
  std::uint32_t in_flight = 0;
  token_bucket rate;                          ///< of its requests
  std::vector<std::uint64_t> subscriptions;   ///< request ids; few, so a vector is searched
  monotonic_time heard;                       ///< last frame from it
  monotonic_time said;                        ///< last frame or probe to it
  bool trusted = false;                       ///< it has shown the cluster's secret
  bool known = false;                         ///< `peer` was asked for
  bool wrong_key = false;                     ///< of its last hello
  std::string peer;                           ///< what the transport knows of it
  std::shared_ptr<const caller_identity> who; ///< made when it is needed first
  bool queued = false;                        ///< in the server's list of those with output
};

/// The peers of a server, by routing id and by number. State without I/O; belongs to one thread.
class connection_table {
public:
  explicit connection_table(std::size_t connections_max) : connections_max_(connections_max) {}

  /// The peer of this routing id, made if it is new; null if the table is full.
  [[nodiscard]] connection* admit(std::string_view routing_id, monotonic_time now);
  /// Null if it was forgotten.
  [[nodiscard]] connection* find(std::uint64_t number);
  void forget(std::uint64_t number);

  [[nodiscard]] std::size_t size() const { return by_number_.size(); }
  template <class Visit> void each(Visit&& visit) {
    for (auto& [number, held] : by_number_)
      visit(*held);
  }

private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  std::size_t connections_max_;
  std::uint64_t next_number_ = 1;
  std::unordered_map<std::uint64_t, std::unique_ptr<connection>> by_number_;
  std::unordered_map<std::string, connection*, text_hash, std::equal_to<>> by_routing_id_;
  connection* last_ = nullptr; ///< answers and frames come in runs of one peer
};

} // namespace troupe
