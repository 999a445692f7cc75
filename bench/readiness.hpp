#pragma once

#include "bench/workload.hpp"
#include "messages/error.hpp"

#include <cstdint>
#include <string>

namespace troupe::bench {

/// Sends one command to an aggregate until it is acknowledged, a millisecond after each answer that
/// says "later". Fails with an answer that says "never", or with the last one after 10 min.
[[nodiscard]] result<void> await_acknowledgement(const std::string& endpoint, const workload& work,
                                                 aggregate_id target);

/// Shards of the workload's context, as the node says.
[[nodiscard]] result<std::uint32_t> shards_of(const std::string& endpoint, const workload& work);

/// Waits until every shard of the workload's context acknowledges commands: a node listens before
/// its shards are open.
[[nodiscard]] result<void> await_all_shards(const std::string& endpoint, const workload& work);

} // namespace troupe::bench
