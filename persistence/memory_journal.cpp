#include "persistence/memory_journal.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace troupe {

memory_journal::memory_journal(std::shared_ptr<memory_journal_data> data, epoch_number granted)
    : data_(std::move(data)) {
  data_->epoch.value = granted.value == 0 ? data_->epoch.value + 1 : granted.value;
  epoch_ = data_->epoch;
}

memory_journal::~memory_journal() {
  data_->opening.release();
}

result<void> memory_journal::commit(std::span<const std::string_view> bodies) {
  if (bodies.empty()) throw std::logic_error("a commit without records");
  data_->bodies.insert(data_->bodies.end(), bodies.begin(), bodies.end());
  return {};
}

result<std::string> memory_journal::read(record_index at) {
  if (at.value == 0 || at > head())
    return fail(errc::not_found, "the journal has no record " + std::to_string(at.value));
  return data_->bodies[at.value - 1];
}

result<void> memory_journal::scan(record_index from, const visitor& visit) {
  const std::uint64_t last = head().value; // what a visitor commits is not part of this scan
  for (std::uint64_t at = std::max<std::uint64_t>(from.value, 1); at <= last; ++at) {
    // A copy: a visitor that commits may move the records.
    const std::string body = data_->bodies[at - 1];
    if (!visit({at}, body)) break;
  }
  return {};
}

result<void> memory_journal::checkpoint(bool) {
  return {};
}

} // namespace troupe
