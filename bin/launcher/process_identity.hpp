#pragma once

#include "messages/error.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace troupe::cli {

/// What a launcher leaves behind of a process it started, for the next launcher: the file
/// `<data>/run/<name>.pid`, one JSON object. A pid is given to another process some day; together
/// with its start time it is not.
struct process_identity {
  std::string name;
  int pid = 0;
  std::uint64_t start_time = 0;     ///< field 22 of /proc/PID/stat, in ticks since boot
  std::vector<std::string> command; ///< program and arguments
  std::string log;                  ///< where its output goes
  std::uint64_t log_offset = 0;     ///< where its output begins there
  std::string address;              ///< what it announced; empty: nothing yet
  bool operator==(const process_identity&) const = default;
};

/// `storage_failed` if the file cannot be written. It appears whole or not at all.
[[nodiscard]] result<void> write_identity(const std::filesystem::path& file,
                                          const process_identity& from);
/// `not_found`, or `corrupt` if it is no such file.
[[nodiscard]] result<process_identity> read_identity(const std::filesystem::path& file);

/// Start time of a process; nothing if there is none of this id, or only its remains.
[[nodiscard]] std::optional<std::uint64_t> start_time_of(int pid);

/// Whether the very process lives.
[[nodiscard]] bool lives(const process_identity& who);

} // namespace troupe::cli
