#pragma once

#include "messages/descriptor.hpp"
#include "net/gateway/backend.hpp"
#include "net/gateway/request_target.hpp"

namespace troupe::gateway {

inline constexpr std::uint32_t page_size_max = 1000;
inline constexpr std::uint64_t page_number_max = 1'000'000'000; ///< keeps page × size in range

/// `page`, `size`, `sort=field[,asc|desc]` and the declared filters of a context; anything else is
/// `malformed` and the message names what is allowed.
[[nodiscard]] result<page_request> read_page_request(const context_info& context,
                                                     const request_target& target);

} // namespace troupe::gateway
