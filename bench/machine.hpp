#pragma once

#include "messages/value.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace troupe::bench {

/// What a figure means nothing without.
struct machine_facts {
  std::string cpu;
  unsigned cores = 0;
  std::uint64_t memory_bytes = 0;
  std::string kernel;
  std::string compiler;
  std::string build;
  std::string file_system;   ///< of the folder that was measured
  double sync_us_median = 0; ///< append 4 KiB and fdatasync, measured there
  double sync_us_p99 = 0;

  /// Syncs cost nothing there, so that durable figures would be no such thing.
  [[nodiscard]] bool syncs_to_memory() const { return file_system == "tmpfs"; }
  [[nodiscard]] value to_value() const;
};

/// Reads and measures; takes 200 syncs in `folder`, which must exist.
[[nodiscard]] machine_facts look_at_machine(const std::filesystem::path& folder);

} // namespace troupe::bench
