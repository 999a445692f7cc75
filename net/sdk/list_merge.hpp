#pragma once

#include "messages/list_reply.hpp"
#include "net/sdk/troupe/client.hpp"

#include <string>
#include <vector>

namespace troupe {

/// Checks a page request and says how many rows each shard must give for it, so that whatever the
/// shards hold, the page is among them. One shard alone can skip all but the page itself.
[[nodiscard]] result<std::uint32_t> rows_wanted(const page_request& wanted);

/// Cuts the wanted page out of the shards' answers; that of one shard alone is the page.
[[nodiscard]] result<page> merge_lists(const page_request& wanted,
                                       const std::vector<list_reply>& shards);

} // namespace troupe
