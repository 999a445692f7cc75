#include "messages/request_shard.hpp"

#include <string>

namespace troupe {

result<std::uint32_t> shard_of_request(const request& from, std::uint32_t shards) {
  if (from.kind == request_kind::list || from.kind == request_kind::subscribe) {
    std::uint32_t shard = 0;
    if (from.kind == request_kind::list) {
      const auto wanted = decode_list_request(from.payload);
      if (!wanted) return wanted.error();
      shard = wanted->shard.value;
    } else {
      const auto wanted = decode_subscribe_request(from.payload);
      if (!wanted) return wanted.error();
      shard = wanted->shard.value;
    }
    if (shard >= shards)
      return fail(errc::malformed, from.context + " has " + std::to_string(shards) + " shards");
    return shard;
  }
  if (from.target.number < 0) return fail(errc::malformed, "ids start at 1");
  if (from.target.given()) return shard_of(from.target, shards).value;
  if (from.kind == request_kind::command || from.kind == request_kind::void_ask)
    return shard_of(from.command, shards).value;
  return fail(errc::malformed, "a target is missing");
}

} // namespace troupe
