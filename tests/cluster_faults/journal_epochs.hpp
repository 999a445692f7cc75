#pragma once

#include "messages/shard_map.hpp"

#include <cstdint>
#include <filesystem>
#include <map>

namespace troupe::test {

/// How many records each ownership has committed to a shard's journal, by its epoch. Reads beside
/// whoever writes. Throws std::runtime_error if the journal cannot be read.
[[nodiscard]] std::map<std::uint64_t, std::uint64_t>
records_by_epoch(const std::filesystem::path& data, const shard_ref& which);

/// File of a shard's journal.
[[nodiscard]] std::filesystem::path journal_file(const std::filesystem::path& data,
                                                 const shard_ref& which);

} // namespace troupe::test
