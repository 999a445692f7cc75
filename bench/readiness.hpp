#pragma once

#include "bench/workload.hpp"
#include "messages/error.hpp"
#include "net/sdk/troupe/client.hpp"

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

/// Waits until the node says that every context of a system is up, for 60 s.
[[nodiscard]] result<void> await_system(client& through, std::string_view system);

} // namespace troupe::bench
