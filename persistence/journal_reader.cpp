#include "persistence/journal_reader.hpp"

#include "persistence/sqlite_journal_file.hpp"

#include <sqlite3.h>

#include <limits>

namespace troupe {

using sqlite::connection;
using sqlite::open_mode;
using sqlite::statement;

namespace {

constexpr std::size_t checksum_bytes = 8;
/// Rows read in one transaction: a millisecond or two.
constexpr std::int64_t rows_at_once = 4'096;

std::uint64_t checksum_in(std::string_view body) {
  std::uint64_t checksum = 0;
  for (unsigned i = 0; i < checksum_bytes; ++i)
    checksum |= static_cast<std::uint64_t>(static_cast<unsigned char>(body[i])) << (8U * i);
  return checksum;
}

journal_reader::stored judged(std::int64_t index, std::string_view body) {
  if (body.size() < checksum_bytes) return {index, {}, false};
  const auto record = body.substr(checksum_bytes);
  return {index, record,
          checksum_in(body) == content_hash(record, static_cast<std::uint64_t>(index))};
}

} // namespace

result<std::unique_ptr<journal_reader>> journal_reader::open(const std::filesystem::path& path) {
  auto db = connection::open(path, open_mode::read_only);
  if (!db) return db.error();
  std::unique_ptr<journal_reader> opened{new journal_reader{std::move(db).value()}};
  if (auto done = opened->read_facts(); !done) return done.error();
  return opened;
}

result<void> journal_reader::read_facts() {
  const auto format = journal_meta(db_, "format");
  if (!format) return format.error();
  if (*format > journal_format || *format < 0)
    return fail(errc::wrong_format, path().string() + " has journal format " +
                                        std::to_string(*format) + "; this version knows up to " +
                                        std::to_string(journal_format) + ": use a newer one");
  statement find;
  if (const int code = db_.prepare("SELECT value FROM meta WHERE key = 'context'", find); code != 0)
    return db_.failure(code, "read");
  if (find.step() != SQLITE_ROW) return fail(errc::corrupt, path().string() + " names no context");
  facts_.context = find.text(0);
  const auto shard = journal_meta(db_, "shard");
  if (!shard) return shard.error();
  const auto shards = journal_meta(db_, "shards");
  if (!shards) return shards.error();
  if (*shards < 1 || *shard < 0 || *shard >= *shards)
    return fail(errc::corrupt, path().string() + " says it is shard " + std::to_string(*shard) +
                                   " of " + std::to_string(*shards));
  facts_.shard.value = static_cast<std::uint32_t>(*shard);
  facts_.shards = static_cast<std::uint32_t>(*shards);
  if (*format > 0) { // format 0 did not say which journal it is
    const auto made_id = journal_meta(db_, "made_id");
    if (!made_id) return made_id.error();
    facts_.made_id = *made_id;
  }
  return {};
}

result<record_index> journal_reader::head() {
  statement find;
  int code = db_.prepare("SELECT max(idx) FROM log", find);
  if (code == SQLITE_ERROR) return fail(errc::corrupt, path().string() + " lacks its log");
  if (code == SQLITE_OK) code = find.step();
  if (code != SQLITE_ROW) return db_.failure(code, "read");
  return find.is_null(0) || find.integer(0) < 0 ? record_index{}
                                                : record_index{find.unsigned_integer(0)};
}

result<epoch_number> journal_reader::epoch() {
  const auto epoch = journal_meta(db_, "epoch");
  if (!epoch) return epoch.error();
  return epoch_number{static_cast<std::uint64_t>(*epoch)};
}

result<void> journal_reader::scan(record_index until, const visitor& visit) {
  return scan_rows(std::numeric_limits<std::int64_t>::min(), until, visit);
}

result<void> journal_reader::scan(record_index from, record_index until, const visitor& visit) {
  return scan_rows(static_cast<std::int64_t>(from.value), until, visit);
}

result<void> journal_reader::scan_rows(std::int64_t from, record_index until,
                                       const visitor& visit) {
  statement rows;
  int code = db_.prepare("SELECT idx, body FROM log WHERE idx BETWEEN ?1 AND ?2 ORDER BY idx"
                         " LIMIT ?3",
                         rows);
  if (code == SQLITE_ERROR) return fail(errc::corrupt, path().string() + " lacks its log");
  if (code != SQLITE_OK) return db_.failure(code, "read");
  while (true) {
    rows.bind(1, from).bind(2, until.value).bind(3, rows_at_once);
    std::int64_t seen = 0;
    for (code = rows.step(); code == SQLITE_ROW; code = rows.step(), ++seen) {
      from = rows.integer(0);
      if (!visit(judged(from, rows.blob(1)))) return {};
    }
    if (code != SQLITE_DONE)
      return db_.failure(code, "read on behind record " + std::to_string(from) + " of");
    rows.reset();
    if (seen < rows_at_once) return {};
    ++from;
  }
}

} // namespace troupe
