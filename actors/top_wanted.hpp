#pragma once

#include "actors/actor_samples.hpp"
#include "messages/error.hpp"
#include "messages/value.hpp"

#include <chrono>
#include <cstddef>

namespace troupe {

/// What the verb `top` is asked for.
struct top_wanted {
  top_order by = top_order::mailbox;
  std::chrono::milliseconds window{5'000};
  std::size_t limit = 20;
};
/// From a verb's arguments; `malformed` if they make no sense.
[[nodiscard]] result<top_wanted> read_top(const value& from);

} // namespace troupe
