#pragma once

#include "messages/descriptor.hpp"
#include "messages/value.hpp"

#include <span>
#include <string_view>

namespace troupe::cli {

/// What the descriptors of a system say, as data for other programs: kind, api, system, relations
/// and contexts with their fields, commands, queries, events, policies, asks and rejections.
[[nodiscard]] value system_data(std::span<const context_info> catalogue, std::string_view system);

} // namespace troupe::cli
