#pragma once

#include "messages/error.hpp"
#include "messages/ids.hpp"
#include "persistence/sqlite_db.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace troupe {

/// Reads a journal file without being its owner: also one that a node is writing. Takes no lock
/// that a writer waits for, changes nothing, never checkpoints, and holds no transaction longer
/// than some thousand records, so that the owner's write-ahead log does not grow because of it.
///
/// Unlike the owner it goes on at damage and hands out what it finds; judging is the caller's.
/// For one thread.
class journal_reader {
public:
  /// What the file says of itself.
  struct facts {
    std::string context;
    shard_number shard;
    std::uint32_t shards = 1;
    std::int64_t made_id = 0; ///< 0 in a file that does not say
  };
  /// `wrong_format` for a newer one, `corrupt` where it is no journal.
  [[nodiscard]] static result<std::unique_ptr<journal_reader>>
  open(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return db_.path(); }
  [[nodiscard]] const facts& about() const { return facts_; }
  /// Newest record now; 0 if there is none.
  [[nodiscard]] result<record_index> head();
  /// Number of the newest ownership, now.
  [[nodiscard]] result<epoch_number> epoch();

  struct stored {
    std::int64_t index = 0;  ///< as it is in the file: also one that no journal should have
    std::string_view record; ///< without its checksum; lives until the visitor returns
    bool matches = false;    ///< its checksum
  };
  using visitor = std::function<bool(const stored&)>;
  /// Visits everything stored up to `until` in the order of the index, from the lowest index there
  /// is, until `visit` returns false. `corrupt` where SQLite itself cannot read on.
  [[nodiscard]] result<void> scan(record_index until, const visitor& visit);
  /// Likewise from `from` on.
  [[nodiscard]] result<void> scan(record_index from, record_index until, const visitor& visit);

private:
  explicit journal_reader(sqlite::connection db) : db_(std::move(db)) {}
  [[nodiscard]] result<void> read_facts();
  [[nodiscard]] result<void> scan_rows(std::int64_t from, record_index until, const visitor& visit);

  sqlite::connection db_;
  facts facts_;
};

} // namespace troupe
