#pragma once

#include "messages/descriptor.hpp"
#include "messages/ids.hpp"
#include "messages/value.hpp"
#include "net/gateway/backend.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::gateway {

/// `http://host/taxi/calls/7`; `base` is `http://host`, or empty for links without a host.
[[nodiscard]] std::string item_link(const context_info& context, aggregate_id id,
                                    std::string_view base);

/// One aggregate or row: `id`, the declared fields (null where the state has none), `_links`.
[[nodiscard]] value represent_item(const context_info& context, aggregate_id id, const value& state,
                                   std::string_view base);

/// A page: `_embedded.{resource}`, `_links` (self, profile, and first, prev, next, last where there
/// are more pages), `page`.
[[nodiscard]] value represent_page(const context_info& context, const page& found,
                                   const page_request& wanted, std::string_view base);

/// Systems and their resources, or those of one system (empty: all).
[[nodiscard]] value represent_index(std::span<const context_info> contexts, std::string_view system,
                                    std::string_view base);

/// What the node serves, for `/health/ready`.
[[nodiscard]] value represent_readiness(bool ready, const std::vector<served_context>& served);

} // namespace troupe::gateway
