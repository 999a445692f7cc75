#pragma once

#include "messages/error.hpp"
#include "messages/shard_map.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {

/// A context that a node knows, as it says in its hello. Of a context whose shards several nodes
/// own, `up` and `waiting` speak of that node's share.
struct served_context {
  std::string name;
  std::uint32_t shards = 1;
  bool view = false;
  bool up = true;
  std::string waiting{}; ///< why it is not ready although it is up; empty: it is
  bool operator==(const served_context&) const = default;
};

/// Payload of a hello request: who calls.
struct hello_request {
  std::string name;     ///< shown to people
  std::string build;    ///< e.g. "troupe-cpp/0.1.0"
  std::string secret{}; ///< between nodes: the cluster's
  std::string role{};   ///< wanted of an admin endpoint; empty: the most that it grants
  std::string key{};    ///< that shows what role may be had at a tcp one
};

/// Payload of the answer to a hello.
struct hello_reply {
  std::string node;
  std::string build;
  std::uint32_t protocol_min = 1;
  std::uint32_t protocol_max = 1;
  std::vector<served_context> contexts;
  shard_map cluster{}; ///< version 0: the node is alone
  /// Where it takes operators' verbs; empty: nowhere, or it is of a time before there were such.
  std::string admin_endpoint{};
};

[[nodiscard]] std::string encode_hello_request(const hello_request& from);
[[nodiscard]] result<hello_request> decode_hello_request(std::string_view payload);
[[nodiscard]] std::string encode_hello_reply(const hello_reply& from);
[[nodiscard]] result<hello_reply> decode_hello_reply(std::string_view payload);

} // namespace troupe
