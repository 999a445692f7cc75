// Dedup marks of the SQLite derived store.
//
// Their ids are as good as random when callers name commands, and a random key costs a page per
// mark once the table no longer fits the cache; an index on the position, which forgetting by age
// needs, costs the same again. So marks live in parts: a part holds the marks of a fixed range of
// records and is the first half of the key. Writing touches only the newest part, which stays
// small enough to be cached (and is in order anyway for ids that carry their time); forgetting
// deletes from the oldest part along the key, page after page; finding looks into each part, newest
// first, at 2 to 3 microseconds a part. The price: marks of the part that `before` lies in stay
// until the whole part is old enough.

#include "persistence/derived_rows.hpp"
#include "persistence/sqlite_derived.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>

namespace troupe {

using sqlite::statement;

namespace {

std::uint64_t part_of(record_index at) {
  return at.value / marks_part_records;
}

using id_bytes = std::array<char, 16>;

/// Big-endian, so that ids that carry their time come in the order of time.
id_bytes bytes_of(command_id id) {
  id_bytes bytes{};
  for (unsigned i = 0; i < 8; ++i) {
    bytes[i] = static_cast<char>(id.high >> (56U - 8U * i));
    bytes[8 + i] = static_cast<char>(id.low >> (56U - 8U * i));
  }
  return bytes;
}

std::string_view view_of(const id_bytes& bytes) {
  return {bytes.data(), bytes.size()};
}

} // namespace

result<void> sqlite_derived::remember(std::span<const dedup_mark> marks) {
  if (marks.empty()) return {};
  const auto done = file_->transaction("remember in", [&]() -> result<void> {
    const auto put =
        file_->prepared("INSERT OR REPLACE INTO marks(part, id, hash, at) VALUES(?1, ?2, ?3, ?4)");
    if (!put) return put.error();
    for (const dedup_mark& mark : marks) {
      const id_bytes id = bytes_of(mark.command);
      (*put)->bind(1, part_of(mark.at)).bind_blob(2, view_of(id));
      const int code = (*put)->bind(3, mark.command_hash).bind(4, mark.at.value).run();
      if (code != SQLITE_OK) return file_->failure(code, "write");
    }
    return {};
  });
  if (!done) return done;
  for (const dedup_mark& mark : marks) {
    first_part_ = std::min(first_part_, part_of(mark.at));
    last_part_ = std::max(last_part_, part_of(mark.at));
  }
  return {};
}

result<std::optional<dedup_mark>> sqlite_derived::find(command_id command) {
  const auto select = file_->prepared("SELECT hash, at FROM marks WHERE part = ?1 AND id = ?2");
  if (!select) return select.error();
  statement& found = **select;
  const id_bytes id = bytes_of(command);
  for (std::uint64_t part = last_part_ + 1; part-- > first_part_;) {
    const sqlite::reset_at_end reset{found};
    const int code = found.bind(1, part).bind_blob(2, view_of(id)).step();
    if (code == SQLITE_ROW)
      return std::optional{
          dedup_mark{command, found.unsigned_integer(0), {found.unsigned_integer(1)}}};
    if (code != SQLITE_DONE) return file_->failure(code, "read");
  }
  return std::optional<dedup_mark>{};
}

result<std::uint32_t> sqlite_derived::forget_marks(record_index before) {
  std::uint32_t forgotten = 0;
  if (first_part_ >= part_of(before)) return forgotten;
  const auto done = file_->transaction("forget marks in", [&]() -> result<void> {
    const auto drop =
        file_->prepared("DELETE FROM marks WHERE (part, id) IN"
                        " (SELECT part, id FROM marks WHERE part < ?1 ORDER BY part, id LIMIT ?2)");
    if (!drop) return drop.error();
    const int code =
        (*drop)->bind(1, part_of(before)).bind(2, std::int64_t{forget_marks_max}).run();
    if (code != SQLITE_OK) return file_->failure(code, "write");
    forgotten = static_cast<std::uint32_t>(file_->db().changes());
    return {};
  });
  if (!done) return done.error();
  if (forgotten < forget_marks_max) first_part_ = std::min(part_of(before), last_part_);
  return forgotten;
}

} // namespace troupe
