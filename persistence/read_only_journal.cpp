#include "persistence/read_only_journal.hpp"

#include "persistence/data_folder.hpp"

namespace troupe {

result<std::unique_ptr<read_only_journal>>
read_only_journal::open(const std::filesystem::path& path) {
  auto reader = journal_reader::open(path);
  if (!reader) return reader.error();
  std::unique_ptr<read_only_journal> opened{new read_only_journal{std::move(*reader)}};
  if (auto done = opened->refresh(); !done) return done.error();
  return opened;
}

result<void> read_only_journal::refresh() {
  const auto epoch = reader_->epoch();
  if (!epoch) return epoch.error();
  const auto head = reader_->head();
  if (!head) return head.error();
  epoch_ = *epoch;
  head_ = *head;
  return {};
}

error read_only_journal::refusal() const {
  return fail(errc::storage_failed, reader_->path().string() + " is open for reading only");
}

error read_only_journal::damaged(std::int64_t index) const {
  return fail(errc::corrupt, "record " + std::to_string(index) + " of " + reader_->path().string() +
                                 " is missing or damaged; `troupe verify` tells more");
}

result<void> read_only_journal::commit(std::span<const std::string_view>) {
  return refusal();
}

result<void> read_only_journal::checkpoint(bool) {
  return refusal();
}

result<void> read_only_journal::probe() {
  return refusal();
}

result<std::string> read_only_journal::read(record_index at) {
  std::string body;
  bool found = false;
  bool matches = false;
  const auto scanned = reader_->scan(at, at, [&](const journal_reader::stored& each) {
    found = true;
    matches = each.matches;
    body.assign(each.record);
    return false;
  });
  if (!scanned) return scanned.error();
  if (!found && at > head_)
    return fail(errc::not_found,
                reader_->path().string() + " has no record " + std::to_string(at.value));
  if (!found || !matches) return damaged(static_cast<std::int64_t>(at.value));
  return body;
}

result<void> read_only_journal::scan(record_index from, const visitor& visit) {
  auto next = static_cast<std::int64_t>(from.value);
  result<void> fine;
  const auto scanned = reader_->scan(from, head_, [&](const journal_reader::stored& each) {
    if (each.index != next || !each.matches) {
      fine = damaged(next);
      return false;
    }
    ++next;
    return visit({static_cast<std::uint64_t>(each.index)}, each.record);
  });
  if (!scanned) return scanned;
  return fine;
}

std::uint64_t read_only_journal::bytes_on_disk() const {
  return database_bytes(reader_->path());
}

} // namespace troupe
