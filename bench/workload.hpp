#pragma once

#include "messages/error.hpp"
#include "messages/ids.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace troupe::bench {

/// What a benchmark asks of the node: one kind of call on many aggregates.
struct workload {
  std::string_view name;    ///< as given on the command line
  std::string_view meaning; ///< one sentence
  std::string_view context;
  std::string_view command; ///< empty: the aggregate's state is read
  std::string (*payload)(aggregate_id target) = nullptr;

  [[nodiscard]] bool reads() const { return command.empty(); }
  /// Bytes of one encoded request, envelope included.
  [[nodiscard]] std::size_t request_bytes() const;
};

[[nodiscard]] std::span<const workload> workloads();
/// `malformed` with the known names if there is no such workload.
[[nodiscard]] result<const workload*> workload_named(std::string_view name);

} // namespace troupe::bench
