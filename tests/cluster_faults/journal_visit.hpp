#pragma once

#include "messages/shard_map.hpp"
#include "persistence/record.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>

namespace troupe::test {

/// File of a shard's journal.
[[nodiscard]] std::filesystem::path journal_file(const std::filesystem::path& data,
                                                 const shard_ref& which);

/// Calls `visit` with the index and the content of every record that is there now; the content
/// lives until it returns. Reads beside whoever writes. Throws std::runtime_error if the journal
/// cannot be read.
void visit_journal(const std::filesystem::path& data, const shard_ref& which,
                   const std::function<void(std::uint64_t index, const record& one)>& visit);

/// How many records each ownership has committed to a shard's journal, by its epoch.
[[nodiscard]] std::map<std::uint64_t, std::uint64_t>
records_by_epoch(const std::filesystem::path& data, const shard_ref& which);

} // namespace troupe::test
