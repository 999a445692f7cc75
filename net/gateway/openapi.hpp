#pragma once

#include "messages/descriptor.hpp"
#include "messages/value.hpp"

#include <span>
#include <string_view>

namespace troupe::gateway {

/// OpenAPI 3.0 document of all routes, made from the descriptors.
[[nodiscard]] value openapi_document(std::span<const context_info> contexts,
                                     std::string_view version);

} // namespace troupe::gateway
