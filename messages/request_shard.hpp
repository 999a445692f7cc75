#pragma once

#include "messages/envelope.hpp"

#include <cstdint>

namespace troupe {

/// Number of the shard a request is for, of a context with that many shards: that of its aggregate;
/// of a command without one, the shard its id chooses; of lists and subscriptions, the one they
/// name. `malformed` if it names none or one that is not there.
[[nodiscard]] result<std::uint32_t> shard_of_request(const request& from, std::uint32_t shards);

} // namespace troupe
