#pragma once

#include "persistence/file_lock.hpp"
#include "persistence/journal.hpp"
#include "persistence/sqlite_db.hpp"
#include "persistence/storage.hpp"

#include <atomic>
#include <memory>

namespace troupe {

/// What the derived store of the same shard must know about an open journal: which journal it is,
/// and that nothing derived may be ahead of it.
struct journal_presence {
  std::int64_t made_id = 0;
  std::atomic<std::uint64_t> head{0};
};

/// Journal in one SQLite file (docs/journal.md).
class sqlite_journal final : public journal {
public:
  [[nodiscard]] static result<std::unique_ptr<sqlite_journal>> open(const sqlite_options& options,
                                                                    const journal_identity& who);
  ~sqlite_journal() override;

  [[nodiscard]] epoch_number epoch() const override { return epoch_; }
  [[nodiscard]] record_index head() const override { return head_; }
  [[nodiscard]] result<void> commit(std::span<const std::string_view> bodies) override;
  [[nodiscard]] result<std::string> read(record_index at) override;
  [[nodiscard]] result<void> scan(record_index from, const visitor& visit) override;
  result<void> checkpoint(bool urgent) override;
  [[nodiscard]] result<void> probe() override;
  [[nodiscard]] std::uint64_t bytes_on_disk() const override;

  [[nodiscard]] std::shared_ptr<const journal_presence> presence() const { return presence_; }

private:
  sqlite_journal(const sqlite_options& options, file_lock lock, sqlite::connection db)
      : options_(options), lock_(std::move(lock)), db_(std::move(db)) {}
  [[nodiscard]] result<void> prepare_statements();
  [[nodiscard]] result<void> start_epoch(epoch_number granted);
  [[nodiscard]] result<void> find_head();
  [[nodiscard]] result<void> check_space(std::size_t bytes);
  [[nodiscard]] result<void> append_all(std::span<const std::string_view> bodies);
  [[nodiscard]] int append(std::string_view body, std::uint64_t index);
  [[nodiscard]] result<void> check_epoch();
  [[nodiscard]] result<void> not_written(int code, std::string_view doing);
  [[nodiscard]] result<std::string_view> verified(record_index at, std::string_view stored) const;
  [[nodiscard]] result<void> scan_with(sqlite::statement& rows, record_index from,
                                       const visitor& visit);
  [[nodiscard]] error failure(int code, std::string_view doing) const;
  [[nodiscard]] result<void> run_checkpoint();

  const sqlite_options options_;
  file_lock lock_; // before db_: the claim ends only after the connection is closed
  sqlite::connection db_;
  sqlite::statement begin_;
  sqlite::statement commit_;
  sqlite::statement epoch_of_file_;
  sqlite::statement insert_;
  sqlite::statement one_;
  sqlite::statement range_;
  std::shared_ptr<journal_presence> presence_ = std::make_shared<journal_presence>();
  epoch_number epoch_;
  record_index head_;
  std::string body_;             ///< reused: checksum and record of the row being inserted
  std::string failed_why_;       ///< not empty: every further commit is refused
  int wal_pages_ = 0;            ///< in the write-ahead log, told by SQLite at each commit
  int checkpointed_pages_ = 0;   ///< of those, the ones that are in the main file already
  std::uint64_t free_bytes_ = 0; ///< what was free when last asked, less what was written since
  monotonic_time space_asked_at_{};
};

} // namespace troupe
